/** Takes back a timeout that node set on a socket, such as that of a keep-alive connection. */
export function neverTimeOut(socket: { setTimeout(ms: number): unknown }): void {
  socket.setTimeout(0)
}
