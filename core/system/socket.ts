/** Takes back a timeout that node set on a socket, such as that of a keep-alive connection. */
export function neverTimeOut(socket: { setTimeout(ms: number): unknown }): void {
  socket.setTimeout(0)
}

/** A socket, as far as it is to be reset. */
interface Resettable {
  readonly encrypted?: boolean
  resetAndDestroy(): unknown
  destroy(): unknown
}

/** Ends a connection so that its peer cannot take the end for the end of what was sent. */
export function reset(socket: Resettable | null): void {
  // Node resets TCP sockets only; TLS that ends without its own goodbye says the same.
  if (socket?.encrypted === true) socket.destroy()
  else socket?.resetAndDestroy()
}
