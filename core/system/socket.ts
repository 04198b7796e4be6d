import type { Socket } from 'node:net'

/** Takes back a timeout that node set on a socket, such as that of a keep-alive connection. */
export function neverTimeOut(socket: Socket): void {
  socket.setTimeout(0)
}
