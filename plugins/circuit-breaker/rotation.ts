import type { Clock } from '#core'

/** Whose window turns. */
interface Turning {
  filled: number
  rotate(): void
}

const SLOTS = 10

/** Turns the windows of all breakers of one use, by one timer, while anything is in them. */
export class Rotation {
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #turning = new Set<Turning>()
  #isTurning = false

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    this.#slotMs = windowMs / SLOTS
  }

  /** Something is being counted in the newest slot of its window. */
  turn(one: Turning): void {
    if (one.filled === 0) this.#turning.add(one)
    one.filled = SLOTS
    if (!this.#isTurning) this.#turnLater()
  }

  forget(one: Turning): void {
    this.#turning.delete(one)
  }

  #turnLater(): void {
    this.#isTurning = true
    this.#clock.after(this.#slotMs, () => {
      this.#isTurning = false
      for (const one of this.#turning) {
        one.rotate()
        if (one.filled === 0) this.#turning.delete(one)
      }
      if (this.#turning.size > 0) this.#turnLater()
    })
  }
}
