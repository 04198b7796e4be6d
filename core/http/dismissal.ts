import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import { RESTARTS } from './goodbye.ts'
import type { Lasting } from './lasting.ts'

// Tunnels are not told more slowly than four a second: a few need no long goodbye.
const LONGEST_GAP_MS = 250

/** Which tunnels are meant, such as those of one endpoint. */
export type Which = (tunnel: Lasting) => boolean

/** Tunnels that are being asked to go. */
export interface Dismissal {
  /** How many were told so far. */
  readonly told: number
  /** Tells nobody any more. */
  cancel(): void
}

/** One dismissal: a walk through tunnels in random order, with one timer. */
export class Farewell implements Dismissal {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #which: Which
  readonly #waiting: Lasting[]
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
    onCancel: () => void,
  ) {
    this.#clock = clock
    this.#rng = rng
    this.#which = which
    this.#waiting = tunnels
    this.#onCancel = onCancel
    this.#from = clock.now()
    this.#slotMs = Math.min(overMs / Math.max(1, tunnels.length), LONGEST_GAP_MS)
    shuffle(tunnels, rng)
    this.#tellNext()
  }

  joined(tunnel: Lasting): void {
    if (this.#which(tunnel) && tunnel.tell(RESTARTS)) this.told++
  }

  cancel(): void {
    this.#cancelTimer?.()
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

// Fisher and Yates.
function shuffle<T>(list: T[], rng: Rng): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.below(i + 1)
    const swapped = list[i] as T
    list[i] = list[j] as T
    list[j] = swapped
  }
}
