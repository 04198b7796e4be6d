import type { Socket } from 'node:dgram'
import type { Server } from 'node:net'
import { adopt, adoptDatagrams, ownSockets, type Sockets } from '../http/sockets.ts'
import { handleOf as datagramHandleOf } from '../system/datagrams.ts'
import type { Channel } from './channel.ts'
import type { Held } from './held-sockets.ts'

/**
 * Sockets that the supervisor keeps beyond this process. What it does not have yet is opened here,
 * so that an address in use is found where it always was, and handed to it.
 */
export class PassedSockets implements Sockets {
  readonly #channel: Channel
  /** In use, so that each port of 0 is one of its own. */
  readonly #keys = new Map<string, Server | Socket>()

  constructor(channel: Channel) {
    this.#channel = channel
  }

  async open(server: Server, host: string, port: number, name?: string): Promise<void> {
    const key = name ?? this.#freeKey(host, port)
    this.#keys.set(key, server)
    try {
      const held = await this.#channel.take(key)
      if (held !== undefined) return await adopt(server, held)
      await ownSockets.open(server, host, port)
      void this.#channel.tell({ kind: 'keep', key }, handleOf(server))
    } catch (error: unknown) {
      this.#forget(key)
      throw error
    }
  }

  async bind(socket: Socket, host: string, port: number): Promise<void> {
    const key = this.#freeKey(host, port, 'udp ')
    this.#keys.set(key, socket)
    try {
      const held = await this.#channel.take(key)
      if (held !== undefined) return await adoptDatagrams(socket, held)
      await ownSockets.bind(socket, host, port)
      const handle = datagramHandleOf(socket)
      if (handle !== undefined) void this.#channel.tell({ kind: 'keep', key }, handle)
    } catch (error: unknown) {
      this.#forget(key)
      throw error
    }
  }

  drop(one: Server | Socket): void {
    for (const [key, user] of this.#keys) if (user === one) this.#forget(key)
  }

  #forget(key: string): void {
    this.#keys.delete(key)
    void this.#channel.tell({ kind: 'drop', key })
  }

  #freeKey(host: string, port: number, kind = ''): string {
    const key = `${kind}${host}:${port}`
    if (port !== 0) return key
    let place = 0
    while (this.#keys.has(`${key}#${place}`)) place++
    return `${key}#${place}`
  }
}

// Node's types hide it, its cluster module passes it: see `WorkerProcess`.
function handleOf(server: Server): Held {
  return (server as unknown as { readonly _handle: Held })._handle
}
