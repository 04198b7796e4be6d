import type { Clock } from '../contracts/clock.ts'

// Warm-up moves weights all the time; rebuilding a strategy's tables for each step would not pay.
const WEIGH_INTERVAL_MS = 1_000

/** When a strategy is told what changed: many changes in one turn make one update, in the next. */
export class Updates {
  readonly #clock: Clock
  readonly #run: () => void
  #dueAt = Number.POSITIVE_INFINITY
  #ranAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock
    this.#run = run
  }

  now(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#ranAt = this.#clock.now()
    this.#run()
  }

  soon(): void {
    this.#schedule(0)
  }

  /** For weights, at most once a second. */
  later(): void {
    this.#schedule(Math.max(0, this.#ranAt + WEIGH_INTERVAL_MS - this.#clock.now()))
  }

  #schedule(delayMs: number): void {
    const at = this.#clock.now() + delayMs
    if (this.#dueAt <= at) return
    this.#dueAt = at
    this.#clock.after(delayMs, () => {
      if (this.#dueAt === at) this.now()
    })
  }
}
