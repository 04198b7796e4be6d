import { ConfigError } from '../config/config-error.ts'
import type { ResolvedDoor } from '../config/resolved.ts'
import { GatewayError } from '../errors.ts'
import type { Address } from './address.ts'
import type { Door } from './door.ts'
import { Listener } from './listener.ts'
import type { ClaimedPort, LiveSidePort } from './side-port.ts'
import type { SidePorts } from './side-ports.ts'
import { ownSockets, type Sockets } from './sockets.ts'

/** What a config listens on. */
export interface Wanted {
  readonly doors: readonly ResolvedDoor[]
  readonly ports: readonly ClaimedPort[]
}

/** What was opened for a config that is not in force yet. */
export interface Added {
  readonly doors: readonly Door[]
  readonly ports: readonly LiveSidePort[]
}

/** All listeners of a gateway, of either layer, through its reloads. */
export class Listeners {
  /** Those of plugins, which outlast the others. */
  readonly sides: SidePorts
  readonly #make: (config: ResolvedDoor) => Door
  #sockets: Sockets = ownSockets
  #open: readonly Door[] = []
  #isListening = false
  #isRefusing = false
  /** Dropped by a reload, with connections still open. */
  readonly #closing = new Set<Door>()

  constructor(make: (config: ResolvedDoor) => Door, sides: SidePorts) {
    this.#make = make
    this.sides = sides
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
    return this.#open.find((door) => door instanceof Listener)
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
  async prepare({ doors, ports }: Wanted): Promise<Added> {
    const added: Door[] = []
    const free = new Set(this.#open)
    try {
      for (const config of doors) {
        const known = claim(free, config)
        if (known !== undefined) {
          refuseOtherKind(known.config, config)
          continue
        }
        const listener = this.#make(config)
        listener.refuse(this.#isRefusing)
        added.push(listener)
        if (this.#isListening) await listener.listen(this.#sockets)
      }
      const sockets = this.#isListening ? this.#sockets : undefined
      return { doors: added, ports: await this.sides.prepare(ports, sockets) }
    } catch (error: unknown) {
      for (const listener of added) listener.drop()
      throw error
    }
  }

  /** Makes the listeners those of a config, given what `prepare` opened for it. Cannot fail. */
  swap({ doors, ports }: Wanted, added: Added): void {
    this.sides.swap(ports, added.ports)
    const free = new Set([...this.#open, ...added.doors])
    const kept = doors.map((config) => {
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

  /** Leaves to another process what comes in for plugins, and where stopping would not. */
  handOver(): void {
    this.sides.endAccepting()
    for (const listener of this.#all()) listener.handOver?.()
  }

  /** Asks the clients of HTTP/2 that are there now to connect anew, one by one. */
  disperse(overMs: number): void {
    for (const listener of this.#open) listener.disperse(overMs)
  }

  /** Turns new connections away on all of them, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
    for (const listener of this.#open) listener.refuse(isRefusing)
  }

  closeIdle(): void {
    for (const listener of this.#all()) listener.closeIdle()
  }

  closeAll(): void {
    for (const listener of this.#all()) listener.closeAll()
  }

  #all(): Door[] {
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
function claim(free: Set<Door>, { host, port, kind }: ResolvedDoor): Door | undefined {
  for (const listener of free) {
    const { config } = listener
    if ((config.kind === 'udp') !== (kind === 'udp')) continue
    if (config.host === host && config.port === port && free.delete(listener)) return listener
  }
  return undefined
}

/** @throws ConfigError when a socket that listens would have to speak something else */
function refuseOtherKind(before: ResolvedDoor, after: ResolvedDoor): void {
  const spoken = speech(before)
  if (spoken === speech(after)) return
  throw new ConfigError([
    `${after.kind}: the listener on ${after.host}:${after.port} cannot change from ${spoken} to ${speech(after)} by a reload; use another port, or restart`,
  ])
}

function speech(config: ResolvedDoor): string {
  if (config.kind === 'udp') return 'UDP'
  if (config.kind === 'tcp') return 'TCP'
  return config.tls === undefined ? 'plain' : 'TLS'
}
