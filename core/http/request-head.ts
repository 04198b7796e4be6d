import type { OutgoingRequest, RawHeaders } from '../contracts/transport.ts'
import * as is from './header-names.ts'

/** Whether the body of a request goes out in chunks: its length is in none of its headers. */
export function isChunked({ body, headers }: OutgoingRequest): boolean {
  return body !== null && !(body instanceof Uint8Array) && !hasLength(headers)
}

/** The head of a request as it goes over the wire (RFC 9112, 3), each character one byte. */
export function requestHead(request: OutgoingRequest): string {
  const { method, target, headers, body, upgrade } = request
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  head += upgrade === undefined ? 'connection: keep-alive\r\n' : upgrading(upgrade)
  return `${head + framing(method, headers, body)}\r\n`
}

function upgrading(protocol: string): string {
  return `connection: upgrade\r\nupgrade: ${protocol}\r\n`
}

function framing(method: string, headers: RawHeaders, body: OutgoingRequest['body']): string {
  if (body === null) return EXPECTS_BODY.has(method) ? 'content-length: 0\r\n' : ''
  if (hasLength(headers)) return ''
  return body instanceof Uint8Array
    ? `content-length: ${body.byteLength}\r\n`
    : 'transfer-encoding: chunked\r\n'
}

// RFC 9110, 8.6: these say so when there is none.
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

function hasLength(headers: RawHeaders): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (is.meaningOf(headers[i] as string) === is.CONTENT_LENGTH) return true
  }
  return false
}
