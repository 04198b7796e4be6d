/** The frames of the WebSocket bench: one size, so that both ends count bytes in place of parsing. */

export const MESSAGE_BYTES = 1_024

const MEDIUM = 126
const BINARY = 0x82
const MASK = 0x80

/** What a client sends: a masked binary frame (RFC 6455, 5.2). The key is zero, so its bytes are 'x'. */
export const asked = Buffer.concat([
  Buffer.from([BINARY, MASK | MEDIUM, MESSAGE_BYTES >> 8, MESSAGE_BYTES & 255, 0, 0, 0, 0]),
  Buffer.alloc(MESSAGE_BYTES, 'x'),
])

/** What an endpoint sends back. */
export const echoed = Buffer.concat([
  Buffer.from([BINARY, MEDIUM, MESSAGE_BYTES >> 8, MESSAGE_BYTES & 255]),
  Buffer.alloc(MESSAGE_BYTES, 'x'),
])
