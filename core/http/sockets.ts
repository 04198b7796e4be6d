import type { Socket } from 'node:dgram'
import type { Server } from 'node:net'

/** Where listeners get the sockets that they accept on. */
export interface Sockets {
  /**
   * Has a server listen at an address. Rejects with the system's error. `key` is what a port of 0 is
   * known by to the next process, where its place among the others does not say.
   */
  open(server: Server, host: string, port: number, key?: string): Promise<void>
  /** The same for datagrams. */
  bind(socket: Socket, host: string, port: number): Promise<void>
  /** One that was closed will not come back: its address is not in the config any more. */
  drop(one: Server | Socket): void
}

// Connections the kernel holds until they are accepted, cut to its own limit (somaxconn). Node's
// 511 turns away clients that all come at once.
const BACKLOG = 4_096

/** Sockets that the system opens and nobody else keeps. */
export const ownSockets: Sockets = {
  open: (server, host, port) => listening(server, () => server.listen(port, host, BACKLOG)),
  bind: (socket, host, port) => bound(socket, () => socket.bind(port, host)),
  drop() {},
}

/** Has a server accept on a socket that is open: any object with a handle of node's. */
export function adopt(server: Server, handle: unknown): Promise<void> {
  return listening(server, () => server.listen(handle, BACKLOG))
}

/** Has a socket read datagrams through a handle of node's that is open. */
export function adoptDatagrams(socket: Socket, handle: object): Promise<void> {
  return bound(socket, () => socket.bind(handle))
}

function bound(socket: Socket, bind: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('listening', () => {
      socket.off('error', reject)
      resolve()
    })
    bind()
  })
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    listen()
  })
}
