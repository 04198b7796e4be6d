import { ConfigError } from '../config/config-error.ts'
import type { Use } from '../container/use.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { Address } from './address.ts'
import { type ClaimedPort, LiveSidePort } from './side-port.ts'
import type { Sockets } from './sockets.ts'

/**
 * The ports that a gateway's own uses want.
 *
 * @throws ConfigError for one that two of them want
 */
export function claimedPorts(gateway: readonly Use<Plugin>[]): ClaimedPort[] {
  const places = new Map<string, string>()
  return gateway.flatMap(({ instance, name, place }) => {
    const { listens } = instance
    if (listens === undefined) return []
    const { host, port } = listens
    const address = `${host}:${port}`
    // The system gives each a port of its own.
    let key = port === 0 ? `${name} ${address}` : address
    if (port === 0) while (places.has(key)) key += '+'
    const other = places.get(key)
    if (other !== undefined) throw new ConfigError([`${place}: ${other} listens on ${address} too`])
    places.set(key, place)
    return [{ name, place, port: listens, key }]
  })
}

/** All side ports of a gateway, through its reloads. */
export class SidePorts {
  readonly #clock: Clock
  readonly #log: Logger
  #open = new Map<string, LiveSidePort>()
  /** Dropped by a reload, with answers under way. */
  readonly #dropped = new Set<LiveSidePort>()

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  get addresses(): (Address & { readonly plugin: string })[] {
    return Array.from(this.#open.values(), ({ address }) => address)
  }

  /** @throws GatewayError `CANNOT_LISTEN`; none is open then */
  async listen(sockets: Sockets): Promise<void> {
    try {
      for (const port of this.#open.values()) await port.listen(sockets)
    } catch (error: unknown) {
      for (const port of this.#open.values()) port.drop()
      throw error
    }
  }

  /** Opens those that a config adds, on `sockets` if the gateway listens. */
  async prepare(
    claimed: readonly ClaimedPort[],
    sockets: Sockets | undefined,
  ): Promise<LiveSidePort[]> {
    const added: LiveSidePort[] = []
    try {
      for (const one of claimed) {
        if (this.#open.has(one.key)) continue
        const port = new LiveSidePort(one, this.#clock, this.#log)
        added.push(port)
        if (sockets !== undefined) await port.listen(sockets)
      }
    } catch (error: unknown) {
      for (const port of added) port.drop()
      throw error
    }
    return added
  }

  /** Makes them those of a config, given what `prepare` opened for it. Cannot fail. */
  swap(claimed: readonly ClaimedPort[], added: readonly LiveSidePort[]): void {
    const before = this.#open
    const fresh = new Map(added.map((port) => [port.key, port]))
    this.#open = new Map()
    for (const one of claimed) {
      const port = before.get(one.key) ?? fresh.get(one.key)
      if (port === undefined) continue
      port.claim(one)
      this.#open.set(one.key, port)
      before.delete(one.key)
    }
    for (const port of before.values()) {
      port.drop()
      this.#dropped.add(port)
    }
  }

  /** Another process accepts on their sockets. */
  endAccepting(): void {
    for (const port of this.#open.values()) port.endAccepting()
  }

  /** Waits for answers that are under way, and closes them all. */
  async close(): Promise<void> {
    await Promise.all(
      Array.from([...this.#open.values(), ...this.#dropped], (port) => port.close()),
    )
  }
}
