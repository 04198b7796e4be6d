import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import type { Cutting } from './cutting.ts'
import { RESTARTS } from './goodbye.ts'
import type { Lasting } from './lasting.ts'
import { shuffle } from './shuffle.ts'

// Tunnels are not told more slowly than four a second: a few need no long goodbye.
const LONGEST_GAP_MS = 250

/** Which tunnels are meant, such as those of one endpoint. */
export type Which = (tunnel: Lasting) => boolean

/** Tunnels that are being asked to go. */
export interface Dismissal {
  /** How many were told so far. */
  readonly told: number
  /** How many were cut in turn so far. */
  readonly cut: number
  /** Tells nobody any more. */
  cancel(): void
}

/** One dismissal: a walk through tunnels in random order, with one timer. */
export class Farewell implements Dismissal {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #which: Which
  readonly #waiting: Lasting[]
  readonly #cutting: Cutting
  readonly #onCancel: () => void
  readonly #from: number
  readonly #slotMs: number
  #next = 0
  #cancelTimer: Cancel | undefined = undefined
  told = 0

  constructor(
    clock: Clock,
    rng: Rng,
    which: Which,
    tunnels: Lasting[],
    overMs: number,
    cutting: Cutting,
    onCancel: () => void,
  ) {
    this.#clock = clock
    this.#rng = rng
    this.#which = which
    this.#waiting = tunnels
    this.#cutting = cutting
    this.#onCancel = onCancel
    this.#from = clock.now()
    this.#slotMs = Math.min(overMs / Math.max(1, tunnels.length), LONGEST_GAP_MS)
    shuffle(tunnels, rng)
    this.#tellNext()
  }

  get cut(): number {
    return this.#cutting.count
  }

  joined(tunnel: Lasting): void {
    if (this.#which(tunnel) && tunnel.tell(RESTARTS)) this.told++
  }

  cancel(): void {
    this.#cancelTimer?.()
    this.#cutting.cancel()
    this.#waiting.length = 0
    this.#onCancel()
  }

  // The first is told now, each other one at a random moment of a slot of its own.
  #tellNext(): void {
    const tunnel = this.#waiting[this.#next++]
    if (tunnel === undefined) return
    if (tunnel.tell(RESTARTS)) this.told++
    const due = this.#from + (this.#next + this.#rng.unit()) * this.#slotMs
    this.#cancelTimer = this.#clock.after(due - this.#clock.now(), () => this.#tellNext())
  }
}
