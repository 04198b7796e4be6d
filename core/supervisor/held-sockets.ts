/** A listening socket as node passes it between processes: held, and never accepted on, here. */
export interface Held {
  close(): void
}

/**
 * The sockets that workers listen on, by address. While one is held here, connections that come in
 * wait in the system's queue though no worker lives to accept them.
 */
export class HeldSockets {
  readonly #held = new Map<string, Held>()

  find(key: string): Held | undefined {
    return this.#held.get(key)
  }

  keep(key: string, socket: Held): void {
    this.#held.get(key)?.close()
    this.#held.set(key, socket)
  }

  /** Closes all but these. Workers that listen on one go on with it. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, socket] of this.#held) {
      if (keys.has(key)) continue
      this.#held.delete(key)
      socket.close()
    }
  }
}
