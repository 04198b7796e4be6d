import type { Socket } from 'node:net'
import { ERRORS, type ErrorCode, problem } from '../errors.ts'

/** What the parser's error is to the client. */
export function codeOf(error: { code?: string }): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT'
  return 'MALFORMED_REQUEST'
}

/** Refuses what is no request, in bytes of its own, and ends the connection. */
export function answerRaw(socket: Socket, code: ErrorCode): void {
  const { status, title } = ERRORS[code]
  const body = problem(code, '')
  socket.write(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Does not wait for the client to close its side, as it would after `end`.
  socket.destroySoon()
}
