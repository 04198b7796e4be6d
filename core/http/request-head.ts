import type { OutgoingRequest } from '../contracts/transport.ts'
import * as is from './header-names.ts'

/** The length of a body as its request's headers tell it, in bytes; -1 where they do not. */
export function declaredLength({ headers }: OutgoingRequest): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (is.meaningOf(headers[i] as string) === is.CONTENT_LENGTH) return Number(headers[i + 1])
  }
  return -1
}

/** The head of a request as it goes over the wire (RFC 9112, 3), each character one byte. */
export function requestHead(request: OutgoingRequest): string {
  const { method, target, headers, upgrade } = request
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  head += upgrade === undefined ? 'connection: keep-alive\r\n' : upgrading(upgrade)
  return `${head + framing(request)}\r\n`
}

function upgrading(protocol: string): string {
  return `connection: upgrade\r\nupgrade: ${protocol}\r\n`
}

function framing(request: OutgoingRequest): string {
  const { method, body } = request
  if (body === null) return EXPECTS_BODY.has(method) ? 'content-length: 0\r\n' : ''
  if (declaredLength(request) >= 0) return ''
  return body instanceof Uint8Array
    ? `content-length: ${body.byteLength}\r\n`
    : 'transfer-encoding: chunked\r\n'
}

// RFC 9110, 8.6: these say so when there is none.
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
