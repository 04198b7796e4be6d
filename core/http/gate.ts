import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../errors.ts'
import * as is from './header-names.ts'
import { isSafePath, pathOf } from './path.ts'

/** What the gateway needs to know of a request's head, found in one pass over the raw list. */
export interface RequestHead {
  /** The Host, or the authority of a target in absolute form; empty for HTTP/1.0 without one. */
  readonly host: string
  /** Path and query, byte for byte. */
  readonly target: string
  /** The part of the target that routes match: up to the query. */
  readonly path: string
  readonly connection: string
  /** The value of Upgrade where Connection asks for it, else empty. */
  readonly upgrade: string
  readonly hasBody: boolean
  readonly expectsContinue: boolean
}

/** A name or an address, with or without a port. */
export const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
const ABSOLUTE = /^https?:\/\/([^/?#]+)([/?][^#]*)?$/i

/**
 * Judges the head of a request on its raw header list, before anything else reads it. Node's
 * parser lets pass what two readers may read differently; each such thing is refused here.
 * Returns the error's code, or the head.
 */
export function judge(req: IncomingMessage): RequestHead | ErrorCode {
  if (req.httpVersionMajor !== 1 || req.httpVersionMinor > 1) return 'VERSION_NOT_SUPPORTED'
  const raw = req.rawHeaders
  let host: string | undefined
  let length: string | undefined
  let encoding: string | undefined
  let connection = ''
  let upgrade = ''
  let expect = ''
  for (let i = 0; i < raw.length; i += 2) {
    const value = raw[i + 1] as string
    switch (is.meaningOf(raw[i] as string)) {
      case is.HOST:
        if (host !== undefined) return 'MALFORMED_REQUEST'
        host = value
        break
      case is.CONTENT_LENGTH:
        // Node refuses differing ones; equal ones twice are one reader's error and another's list.
        if (length !== undefined || !is.isLength(value)) return 'MALFORMED_REQUEST'
        length = value
        break
      case is.TRANSFER_ENCODING:
        if (encoding !== undefined) return 'MALFORMED_REQUEST'
        encoding = value
        break
      case is.CONNECTION:
        connection = connection === '' ? value : `${connection},${value}`
        break
      case is.UPGRADE:
        upgrade = upgrade === '' ? value : `${upgrade}, ${value}`
        break
      case is.EXPECT:
        expect = expect === '' ? value : `${expect}, ${value}`
        break
    }
  }
  if (encoding !== undefined && !isPlainlyChunked(req, encoding, length)) return 'MALFORMED_REQUEST'
  if (expect !== '' && expect.toLowerCase() !== '100-continue') return 'EXPECTATION_FAILED'
  if (host === undefined && req.httpVersionMinor === 1) return 'MALFORMED_REQUEST'
  let target = req.url ?? ''
  if (!target.startsWith('/')) {
    const [, authority, rest = '/'] = ABSOLUTE.exec(target) ?? []
    if (authority === undefined) return 'MALFORMED_REQUEST'
    // RFC 9112, 3.2.2: the target's authority counts, not the Host beside it.
    host = authority
    target = rest.startsWith('/') ? rest : `/${rest}`
  }
  // An empty Host is legal (RFC 9112, 3.2) and names no host.
  if (host !== undefined && host !== '' && !HOST.test(host)) return 'MALFORMED_REQUEST'
  const path = pathOf(target)
  if (!isSafePath(path) || target.includes('#')) return 'MALFORMED_PATH'
  return {
    host: host ?? '',
    target,
    path,
    connection,
    upgrade: upgrade !== '' && asksToUpgrade(connection) ? upgrade : '',
    hasBody: encoding !== undefined || (length !== undefined && length !== '0'),
    expectsContinue: expect !== '' && req.httpVersionMinor === 1,
  }
}

/** What stands for the head of a request that was refused unread. */
export function unreadableHead(req: IncomingMessage): RequestHead {
  const target = req.url ?? ''
  return {
    host: '',
    target,
    path: target,
    connection: '',
    upgrade: '',
    hasBody: false,
    expectsContinue: false,
  }
}

/** Which requests with Upgrade are upgrades; the others are ordinary ones (RFC 9110, 7.8). */
export function isUpgrade(req: IncomingMessage): boolean {
  const { upgrade, connection, ...rest } = req.headers
  // HTTP/1.0 knows none, and could not read the answer.
  if (upgrade === undefined || req.httpVersionMinor === 0) return false
  if (!asksToUpgrade(connection ?? '')) return false
  const hasBody = 'content-length' in rest || 'transfer-encoding' in rest
  return !hasBody && !/^h2c\b/i.test(upgrade)
}

/** Whether a Connection header lists `upgrade`. */
export function asksToUpgrade(connection: string): boolean {
  return /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(connection)
}

function isPlainlyChunked(req: IncomingMessage, encoding: string, length: string | undefined) {
  return encoding.toLowerCase() === 'chunked' && length === undefined && req.httpVersionMinor === 1
}
