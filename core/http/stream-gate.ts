import { METHODS } from 'node:http'
import type { RawHeaders } from '../contracts/transport.ts'
import type { ErrorCode } from '../errors.ts'
import { HOST, type RequestHead } from './gate.ts'
import * as is from './header-names.ts'
import { isSafePath, pathOf } from './path.ts'
import type { StreamRequest } from './stream-request.ts'

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS.filter((name) => name !== 'CONNECT'))
// What a request line of HTTP/1.1 can carry; nghttp2 refuses the rest, most of it at least.
const UNFIT = /[^\x21-\x7e\x80-\xff]/
const LINE_END = /[\0\r\n]/

/**
 * Judges the head of an HTTP/2 request (RFC 9113, 8.2 and 8.3), and fills the request's raw list:
 * as HTTP/1.1 would have it, without pseudo headers, Host first, cookies in one line.
 */
export function judgeStream(
  req: StreamRequest,
  received: RawHeaders,
  mostBytes: number,
): RequestHead | ErrorCode {
  const raw = req.rawHeaders
  const pseudo = new PseudoHeaders()
  let host: string | undefined
  let length: string | undefined
  let expect = ''
  let cookie = ''
  let bytes = 0
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string
    const value = received[i + 1] as string
    bytes += name.length + value.length
    if (bytes > mostBytes) return 'HEADERS_TOO_LARGE'
    if (LINE_END.test(value)) return 'MALFORMED_REQUEST'
    if (name.startsWith(':')) {
      if (raw.length > 0 || cookie !== '' || !pseudo.take(name, value)) return 'MALFORMED_REQUEST'
      continue
    }
    switch (is.meaningOf(name)) {
      case is.HOST:
        if (host !== undefined) return 'MALFORMED_REQUEST'
        host = value
        break
      case is.CONTENT_LENGTH:
        if (length !== undefined || !is.isLength(value)) return 'MALFORMED_REQUEST'
        length = value
        break
      case is.CONNECTION:
      case is.TRANSFER_ENCODING:
      case is.UPGRADE:
        return 'MALFORMED_REQUEST'
      case is.HOP:
        if (!mayCross(name, value)) return 'MALFORMED_REQUEST'
        break
      case is.EXPECT:
        expect = expect === '' ? value : `${expect}, ${value}`
        break
    }
    if (name === 'cookie') cookie = cookie === '' ? value : `${cookie}; ${value}`
    else raw.push(name, value)
  }
  if (cookie !== '') raw.push('cookie', cookie)
  const { method, scheme, path: target, authority } = pseudo
  if (method === undefined) return 'MALFORMED_REQUEST'
  // CONNECT names no path; with `:protocol` (RFC 8441) nghttp2 refuses it, since we do not offer it.
  if (!KNOWN_METHODS.has(method)) return 'NOT_IMPLEMENTED'
  if (target === undefined || (scheme !== 'https' && scheme !== 'http')) return 'MALFORMED_REQUEST'
  if (expect !== '' && expect.toLowerCase() !== '100-continue') return 'EXPECTATION_FAILED'
  if (host !== undefined && authority !== undefined) {
    if (host.toLowerCase() !== authority.toLowerCase()) return 'MALFORMED_REQUEST'
  }
  const named = authority ?? host ?? ''
  if (!HOST.test(named) || !target.startsWith('/')) return 'MALFORMED_REQUEST'
  if (host === undefined) raw.unshift('host', named)
  const path = pathOf(target)
  if (UNFIT.test(target) || !isSafePath(path) || target.includes('#')) return 'MALFORMED_PATH'
  const isEmpty = length === undefined || length === '0'
  if (req.complete && !isEmpty) return 'MALFORMED_REQUEST'
  return {
    host: named,
    target,
    path,
    connection: '',
    upgrade: '',
    hasBody: !req.complete && length !== '0',
    expectsContinue: expect !== '',
  }
}

class PseudoHeaders {
  method: string | undefined = undefined
  scheme: string | undefined = undefined
  path: string | undefined = undefined
  authority: string | undefined = undefined

  /** False for one that is not known, or there already. */
  take(name: string, value: string): boolean {
    switch (name) {
      case ':method':
        if (this.method !== undefined) return false
        this.method = value
        return true
      case ':scheme':
        if (this.scheme !== undefined) return false
        this.scheme = value.toLowerCase()
        return true
      case ':path':
        if (this.path !== undefined) return false
        this.path = value
        return true
      case ':authority':
        if (this.authority !== undefined) return false
        this.authority = value
        return true
      default:
        return false
    }
  }
}

// RFC 9113, 8.2.2: of the headers between two hops only these have a meaning in HTTP/2.
function mayCross(name: string, value: string): boolean {
  if (name === 'te') return value.trim().toLowerCase() === 'trailers'
  return name !== 'keep-alive' && name !== 'proxy-connection' && name !== 'http2-settings'
}
