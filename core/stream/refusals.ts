import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'

// Telling of each connection that is refused would help whoever floods us.
const TELL_EVERY_MS = 10_000

/** What is said of those that are refused, one and several. */
const WORDS = {
  connections: ['a connection was closed', 'connections were closed within 10 s'],
  datagrams: ['a datagram got nowhere', 'datagrams got nowhere within 10 s'],
} as const

/** Counts what a listener turns away before it makes anything of it. */
export class Refusals {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #place: string
  readonly #words: readonly [one: string, several: string]
  readonly #counts = new Map<string, number>()
  #untold = new Map<string, number>()
  #isTelling = false

  constructor(clock: Clock, log: Logger, place: string, what: keyof typeof WORDS = 'connections') {
    this.#clock = clock
    this.#log = log
    this.#place = place
    this.#words = WORDS[what]
  }

  /** How many there were, by reason. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** The first is logged, those that follow within 10 s are in one line. */
  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
    if (this.#isTelling) {
      this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + 1)
      return
    }
    this.#isTelling = true
    this.#log.warn({ listener: this.#place, reason }, this.#words[0])
    this.#clock.after(TELL_EVERY_MS, () => {
      const reasons = Object.fromEntries(this.#untold)
      this.#isTelling = false
      this.#untold = new Map()
      if (Object.keys(reasons).length === 0) return
      this.#log.warn({ listener: this.#place, reasons }, this.#words[1])
    })
  }
}
