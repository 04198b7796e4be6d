import type { Server } from 'node:net'
import type { ResolvedListener } from '../config/resolved.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Surroundings } from './tls-front.ts'

// Telling of each connection that is turned away would help whoever floods us.
const TELL_EVERY_MS = 10_000

/**
 * How many connections a listener has at most. Those beyond are accepted and closed at once, as
 * nginx does at worker_connections: left in the kernel's queue, as HAProxy does, they would wait
 * without a word. Idle ones make room for those that come later.
 */
export class ConnectionLimit {
  readonly #server: Server
  readonly #clock: Clock
  readonly #log: Logger
  readonly #place: string
  readonly #closeIdle: () => void
  #most = 0
  #isClosed = false
  #turnedAway = 0
  #isTelling = false

  /** `closeIdle` lets go of clients that have nothing under way, whatever they speak. */
  constructor(
    server: Server,
    config: Pick<ResolvedListener, 'host' | 'port' | 'maxConnections'>,
    { clock, log }: Surroundings,
    closeIdle: () => void,
  ) {
    this.#server = server
    this.#closeIdle = closeIdle
    this.#place = `${config.host}:${config.port}`
    this.#clock = clock
    this.#log = log
    server.on('drop', () => this.#turnAway())
    this.configure(config.maxConnections)
  }

  /** `most` is 0 for any number. */
  configure(most: number): void {
    this.#most = most
    this.#apply()
  }

  /** Turns every new connection away, and says farewell to idle ones, until it is called again. */
  close(isClosed: boolean): void {
    if (isClosed && !this.#isClosed) this.#closeIdle()
    this.#isClosed = isClosed
    this.#apply()
  }

  #apply(): void {
    const most = this.#most === 0 ? Number.POSITIVE_INFINITY : this.#most
    this.#server.maxConnections = this.#isClosed ? 0 : most
  }

  #turnAway(): void {
    this.#turnedAway++
    if (this.#isTelling) return
    this.#isTelling = true
    this.#closeIdle()
    this.#clock.after(TELL_EVERY_MS, this.#tell)
    this.#log.warn({ listener: this.#place }, 'a connection was turned away: the listener is full')
  }

  readonly #tell = (): void => {
    const connections = this.#turnedAway
    this.#isTelling = false
    this.#turnedAway = 0
    if (connections === 1) return
    const fields = { listener: this.#place, connections }
    this.#log.warn(fields, 'connections were turned away within 10 s: the listener is full')
  }
}
