import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../errors.ts'

/** What the parser's error is to the client. */
export function codeOf(error: { code?: string }): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT'
  return 'MALFORMED_REQUEST'
}

/** What stands for a request that could not be parsed. */
export function unread(socket: Socket): IncomingMessage {
  const req = new IncomingMessage(socket)
  req.httpVersion = '1.1'
  req.httpVersionMajor = 1
  req.httpVersionMinor = 1
  req.method = ''
  req.complete = true
  return req
}

/** The last answer on a connection that node's server has let go of. */
export function responseOn(socket: Socket, req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req)
  res.assignSocket(socket)
  res.shouldKeepAlive = false
  // Does not wait for the client to close its side, as it would after `end`.
  res.on('finish', () => socket.destroySoon())
  // Node takes its own listener off a socket that it hands over.
  socket.on('drain', () => res.emit('drain'))
  // A tunnel takes the socket from it, and counts the exchange itself.
  socket.on('close', () => {
    if (res.socket !== null) res.emit('close')
  })
  return res
}
