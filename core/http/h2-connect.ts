import { type ClientHttp2Session, connect } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

// What one stream may hold unread for a slow client (100 of them on one connection: 12.5 MiB), and
// what all may have under way.
const STREAM_WINDOW_BYTES = 128 * 1_024
const SESSION_WINDOW_BYTES = 1_024 * 1_024
const MAX_HEAD_BYTES = 64 * 1_024
const MAX_HEAD_LINES = 2_000

const OPTIONS = {
  settings: {
    enablePush: false,
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxHeaderListSize: MAX_HEAD_BYTES,
  },
  maxHeaderListPairs: MAX_HEAD_LINES,
  // The listener bounds what a request's head may be; nghttp2 would stop at 64 KiB.
  maxSendHeaderBlockLength: 2 ** 20,
  // In MiB, streams and heads counted.
  maxSessionMemory: 64,
  // Twice the same line is for the endpoint to judge.
  strictSingleValueFields: false,
}

/** Speaks HTTP/2 on a connection. Undefined, and the connection is lost, where ALPN chose another. */
export function speakH2(
  url: string,
  socket: Socket,
  isSecure: boolean,
): ClientHttp2Session | undefined {
  if (isSecure && (socket as TLSSocket).alpnProtocol !== 'h2') {
    socket.destroy(new Error('the endpoint does not speak HTTP/2: it took none by ALPN'))
    return undefined
  }
  const h2 = connect(url, { ...OPTIONS, createConnection: () => socket })
  return h2.on('connect', () => h2.setLocalWindowSize(SESSION_WINDOW_BYTES))
}
