import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import { RESTARTS } from './goodbye.ts'
import type { Lasting } from './lasting.ts'
import { shuffle } from './shuffle.ts'

const BEGINS_AFTER = 0.8

/**
 * Cuts what nobody can ask to go, in random order and each at a random moment of a slot of its own,
 * spread over the last fifth of a drain: clients that are cut in one instant come back in one.
 */
export class Cutting {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #from: number
  #left: readonly Lasting[] = []
  #slotMs = 0
  #next = 0
  #cancelTimer: Cancel = () => {}
  /** How many so far. */
  count = 0

  /** `those` gives what is there when it begins; with a `deadlineMs` of Infinity it never does. */
  constructor(clock: Clock, rng: Rng, deadlineMs: number, those: () => Lasting[]) {
    this.#clock = clock
    this.#rng = rng
    const waitMs = deadlineMs * BEGINS_AFTER
    this.#from = clock.now() + waitMs
    if (!Number.isFinite(deadlineMs)) return
    this.#cancelTimer = clock.after(waitMs, () => {
      const list = those()
      shuffle(list, rng)
      this.#left = list
      this.#slotMs = (deadlineMs - waitMs) / Math.max(1, list.length)
      this.#wait()
    })
  }

  cancel(): void {
    this.#cancelTimer()
    this.#left = []
  }

  #wait(): void {
    const one = this.#left[this.#next]
    if (one === undefined) return
    const due = this.#from + (this.#next++ + this.#rng.unit()) * this.#slotMs
    this.#cancelTimer = this.#clock.after(Math.max(0, due - this.#clock.now()), () => {
      // It may have ended by itself meanwhile.
      if (!one.isGone) {
        this.count++
        one.cut(RESTARTS)
      }
      this.#wait()
    })
  }
}
