import type { RawHeaders } from '../contracts/transport.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { withoutCookie } from './cookies.ts'
import type { HttpExchange } from './exchange.ts'
import * as is from './header-names.ts'
import { hostFor } from './host.ts'

const VIA = '1.1 sluice'
const VIA_STREAM = '2 sluice'

/** What the headers of a request are made from: an exchange, or a copy of it. */
export interface Outgoing
  extends Pick<HttpExchange, 'head' | 'connection' | 'flow' | 'requestEdits' | 'hiddenCookies'> {
  readonly req: Pick<HttpExchange['req'], 'rawHeaders' | 'httpVersionMajor'>
}

/** What they depend on of the endpoint. */
export interface Towards extends Pick<LiveEndpoint, 'authority'> {
  readonly client: Pick<LiveEndpoint['client'], 'protocol'>
}

/**
 * The headers that go to an endpoint: the client's, hop-by-hop ones and those that its Connection
 * names left out, then ours, so that no client can strike ours out (CVE-2026-33805).
 */
export function outgoingHeaders(exchange: Outgoing, endpoint: Towards): RawHeaders {
  const { head, connection, requestEdits: edits } = exchange
  const raw = exchange.req.rawHeaders
  const trusted = connection.isTrusted
  const named = namedBy(head.connection)
  const headers: RawHeaders = ['host', hostFor(head.host, exchange.flow.live, endpoint)]
  let via = ''
  let hops = ''
  let forwarded = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    if (named?.has(name.toLowerCase())) continue
    switch (is.meaningOf(name)) {
      case is.PLAIN:
        break
      case is.CONTENT_LENGTH:
        if (!head.hasBody) continue
        break
      case is.VIA:
        via += `${value}, `
        continue
      case is.TE:
        // Trailers pass through the gateway to and from HTTP/2; other codings it does not undo.
        if (endpoint.client.protocol !== 'h2' || !TRAILERS.test(value)) continue
        headers.push('te', 'trailers')
        continue
      case is.FORWARDED_FOR:
        if (trusted) hops += `${value}, `
        continue
      case is.FORWARDED:
        if (!trusted) continue
        forwarded |= flagOf(name)
        break
      case is.ABOUT_CLIENT:
        if (!trusted) continue
        break
      default:
        continue
    }
    if (edits?.covers(name)) continue
    headers.push(name, value)
  }
  headers.push('x-forwarded-for', hops + connection.address)
  if ((forwarded & HOST_FLAG) === 0) headers.push('x-forwarded-host', head.host)
  if ((forwarded & PROTO_FLAG) === 0) {
    headers.push('x-forwarded-proto', connection.isSecure ? 'https' : 'http')
  }
  if ((forwarded & PORT_FLAG) === 0) headers.push('x-forwarded-port', connection.localPort)
  headers.push('via', via + (exchange.req.httpVersionMajor === 2 ? VIA_STREAM : VIA))
  // What the client sent under this name was struck out when it came.
  if (connection.subjectHeader !== '') headers.push(connection.subjectHeader, connection.subject)
  if (edits !== undefined) edits.applyTo(headers)
  if (exchange.hiddenCookies !== undefined) hideCookies(headers, exchange.hiddenCookies)
  return headers
}

/** Takes cookies out of every Cookie line, in place. */
function hideCookies(headers: RawHeaders, names: readonly string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i] as string
    if (name.length !== 6 || name.toLowerCase() !== 'cookie') continue
    let line = headers[i + 1] as string
    for (let n = 0; n < names.length; n++) line = withoutCookie(line, names[n] as string)
    if (line === '') headers.splice(i, 2)
    else headers[i + 1] = line
  }
}

/**
 * Strikes the hop-by-hop headers of an endpoint's answer out, in place. Gives the body's length
 * in bytes as the head tells it, -1 where it does not.
 */
export function cleanAnswer(status: number, headers: RawHeaders): number {
  let connection = ''
  for (let i = 0; i < headers.length; i += 2) {
    if (is.meaningOf(headers[i] as string) !== is.CONNECTION) continue
    connection += connection === '' ? headers[i + 1] : `,${headers[i + 1]}`
  }
  const named = namedBy(connection)
  let kept = 0
  let length = -1
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const meaning = is.meaningOf(name)
    if (meaning === is.HOP || meaning === is.CONNECTION || meaning === is.TE) continue
    if (meaning === is.TRANSFER_ENCODING || meaning === is.UPGRADE) continue
    if (named?.has(name.toLowerCase())) continue
    if (meaning === is.CONTENT_LENGTH) {
      // RFC 9110, 8.6: a client that believed it would wait for a body that never comes.
      if (status === 204) continue
      length = Number(headers[i + 1])
    }
    headers[kept] = name
    headers[kept + 1] = headers[i + 1] as string
    kept += 2
  }
  headers.length = kept
  return length
}

/** @throws TypeError for a header that is between two hops, and so the gateway's own */
export function refuseFraming(name: string): void {
  if (is.isFraming(name)) throw new TypeError(`${name} cannot be set by a plugin`)
}

/** Says how a body of the gateway's own is framed, in place of what a plugin may have said. */
export function frame(headers: RawHeaders, status: number, bytes: number): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const meaning = is.meaningOf(headers[i] as string)
    if (meaning === is.CONTENT_LENGTH || meaning === is.TRANSFER_ENCODING) headers.splice(i, 2)
  }
  if (status !== 204 && status !== 304) headers.push('content-length', String(bytes))
}

/** The first value under a name, in any spelling. */
export function headerIn(headers: RawHeaders, name: string): string | undefined {
  const lower = name.toLowerCase()
  for (let i = 0; i < headers.length; i += 2) {
    const found = headers[i] as string
    if (found.length === lower.length && found.toLowerCase() === lower) return headers[i + 1]
  }
  return undefined
}

/** Every value under a name, joined; undefined when there is none. */
export function headerLines(headers: RawHeaders, name: string): string | undefined {
  let joined: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== name) continue
    joined = joined === undefined ? headers[i + 1] : `${joined}, ${headers[i + 1]}`
  }
  return joined
}

/** The header names that a Connection header lists beside `close` and `keep-alive`. */
function namedBy(connection: string): Set<string> | undefined {
  if (connection === '' || connection === 'keep-alive' || connection === 'close') return undefined
  const names = connection.toLowerCase().split(',')
  // A message needs its Host and length whatever its sender writes here.
  const listed = names.map((name) => name.trim()).filter((name) => !ESSENTIAL.has(name))
  return listed.length === 0 ? undefined : new Set(listed)
}

// TE has to be listed (RFC 9110, 10.1.4) and is looked at by itself.
const ESSENTIAL = new Set(['close', 'keep-alive', 'host', 'content-length', 'upgrade', 'te', ''])
const TRAILERS = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i
const HOST_FLAG = 1
const PROTO_FLAG = 2
const PORT_FLAG = 4

function flagOf(name: string): number {
  switch (name.length) {
    case 'x-forwarded-proto'.length:
      return PROTO_FLAG
    default:
      return name.toLowerCase() === 'x-forwarded-host' ? HOST_FLAG : PORT_FLAG
  }
}
