import { ConfigError } from '../config/config-error.ts'
import type { ResolvedListener } from '../config/resolved.ts'
import { GatewayError } from '../errors.ts'
import type { Serve } from './intake.ts'
import { type Address, Listener } from './listener.ts'
import type { ClaimedPort, LiveSidePort } from './side-port.ts'
import { SidePorts } from './side-ports.ts'
import { ownSockets, type Sockets } from './sockets.ts'
import type { Surroundings } from './tls-front.ts'

/** What a config listens on. */
export interface Wanted {
  readonly listeners: readonly ResolvedListener[]
  readonly ports: readonly ClaimedPort[]
}

/** What was opened for a config that is not in force yet. */
export interface Added {
  readonly listeners: readonly Listener[]
  readonly ports: readonly LiveSidePort[]
}

/** All listeners of a gateway, through its reloads. */
export class Listeners {
  readonly #serve: Serve
  readonly #around: Surroundings
  /** Those of plugins, which outlast the others. */
  readonly sides: SidePorts
  #sockets: Sockets = ownSockets
  #open: readonly Listener[] = []
  #isListening = false
  #isRefusing = false
  /** Dropped by a reload, with connections still open. */
  readonly #closing = new Set<Listener>()

  constructor(serve: Serve, around: Surroundings) {
    this.#serve = serve
    this.#around = around
    this.sides = new SidePorts(around.clock, around.log)
  }

  get isListening(): boolean {
    return this.#isListening
  }

  /** Open client connections. */
  get connections(): number {
    return this.#all().reduce((sum, { connections }) => sum + connections, 0)
  }

  /** The one that requests without a socket go through. */
  get first(): Listener | undefined {
    return this.#open[0]
  }

  /** Starts accepting on all of them. @throws GatewayError `CANNOT_LISTEN`; none is open then */
  async listen(sockets: Sockets): Promise<Address[]> {
    if (this.#isListening) throw new GatewayError('CANNOT_LISTEN', 'the gateway listens already')
    this.#isListening = true
    this.#sockets = sockets
    const opening = this.#open.map((listener) => listener.listen(sockets))
    const results = await Promise.allSettled(opening)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) {
      this.#isListening = false
      this.stop()
      throw failed.reason
    }
    try {
      await this.sides.listen(sockets)
    } catch (error: unknown) {
      this.#isListening = false
      this.stop()
      throw error
    }
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  /** Opens the listeners that a config adds. Those that are there stay untouched. */
  async prepare({ listeners: configs, ports }: Wanted): Promise<Added> {
    const added: Listener[] = []
    const free = new Set(this.#open)
    try {
      for (const config of configs) {
        const known = claim(free, config)
        if (known !== undefined) {
          refuseOtherKind(known.config, config)
          continue
        }
        const listener = new Listener(config, this.#serve, this.#around)
        listener.limits.refuse(this.#isRefusing)
        added.push(listener)
        if (this.#isListening) await listener.listen(this.#sockets)
      }
      const sockets = this.#isListening ? this.#sockets : undefined
      return { listeners: added, ports: await this.sides.prepare(ports, sockets) }
    } catch (error: unknown) {
      for (const listener of added) listener.drop()
      throw error
    }
  }

  /** Makes the listeners those of a config, given what `prepare` opened for it. Cannot fail. */
  swap({ listeners: configs, ports }: Wanted, added: Added): void {
    this.sides.swap(ports, added.ports)
    const free = new Set([...this.#open, ...added.listeners])
    const kept = configs.map((config) => {
      const listener = claim(free, config)
      listener?.configure(config)
      return listener
    })
    const before = this.#open
    this.#open = kept.filter((listener) => listener !== undefined)
    for (const listener of before) {
      if (this.#open.includes(listener)) continue
      listener.drop()
      this.#closing.add(listener)
    }
  }

  /** Stops accepting and closes what is idle; what is in flight goes on. */
  stop(): void {
    for (const listener of this.#open) listener.stop()
  }

  /** Stops accepting; connections stay, those without a request too. */
  endAccepting(): void {
    for (const listener of this.#open) listener.endAccepting()
  }

  /** Asks the clients of HTTP/2 that are there now to connect anew, one by one. */
  disperse(overMs: number): void {
    for (const listener of this.#open) listener.disperse(overMs)
  }

  /** Turns new connections away on all of them, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
    for (const listener of this.#open) listener.limits.refuse(isRefusing)
  }

  closeIdle(): void {
    for (const listener of this.#all()) listener.closeIdle()
  }

  closeAll(): void {
    for (const listener of this.#all()) listener.closeAll()
  }

  #all(): Listener[] {
    for (const listener of this.#closing) {
      if (listener.connections === 0) this.#closing.delete(listener)
    }
    return [...this.#open, ...this.#closing]
  }
}

/**
 * Takes the first that listens where a config says. A port of 0 is the one that the system chose
 * once; where it stands twice, each is one of its own.
 */
function claim(free: Set<Listener>, { host, port }: ResolvedListener): Listener | undefined {
  for (const listener of free) {
    const { config } = listener
    if (config.host === host && config.port === port && free.delete(listener)) return listener
  }
  return undefined
}

/** @throws ConfigError when a socket that listens would have to change between plain and TLS */
function refuseOtherKind(before: ResolvedListener, after: ResolvedListener): void {
  if ((before.tls === undefined) === (after.tls === undefined)) return
  const change = after.tls === undefined ? 'from TLS to plain' : 'from plain to TLS'
  throw new ConfigError([
    `http: the listener on ${after.host}:${after.port} cannot change ${change} by a reload; use another port, or restart`,
  ])
}
