import type { Cancel, Clock } from '../contracts/clock.ts'
import { type Due, EventQueue } from './event-queue.ts'

/**
 * A clock that stands still until it is told to go on. Everything that waits for a time, timers and
 * modelled events alike, runs in one order: of time, then of making.
 */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #queue = new EventQueue()
  #now = 0
  #ran = 0
  #awaited = 0

  /** `epochMs` is what `wall` gives at the start. */
  constructor(epochMs = 0) {
    this.#epoch = epochMs
  }

  /** How many events and timers have run. */
  get ran(): number {
    return this.#ran
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#epoch + this.#now
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = new Timer(run)
    this.schedule(timer, delayMs)
    return () => this.cancel(timer)
  }

  /** Makes something due that does not wait yet. */
  schedule(item: Due, delayMs: number): void {
    this.#queue.add(item, this.#now + Math.max(0, delayMs))
  }

  /** Something that waits is not due any more. */
  cancel(item: Due): void {
    this.#queue.remove(item)
  }

  /** Goes on by `ms`, running everything that becomes due, what is set on the way included. */
  advance(ms: number): void {
    const end = this.#now + ms
    while (this.#queue.nextAt <= end) this.#step()
    this.#now = end
  }

  /**
   * Goes on to a time, at most `limit` events far. False says that there is more to do, after the
   * caller has let promises settle: it stops after each event while there are any that matter.
   */
  advanceTo(end: number, limit = Number.POSITIVE_INFINITY): boolean {
    for (let step = 0; ; step++) {
      if (step >= limit || (this.#awaited > 0 && step > 0)) return false
      if (this.#queue.nextAt > end) break
      this.#step()
    }
    this.#now = Math.max(this.#now, end)
    return true
  }

  /** Has time wait for the end of what a promise does, each time it could have gone on. */
  watch(promise: Promise<unknown>): void {
    this.#awaited++
    const over = (): void => {
      this.#awaited--
    }
    promise.then(over, over)
  }

  #step(): void {
    this.#now = this.#queue.nextAt
    this.#ran++
    this.#queue.take()?.due()
  }
}

class Timer implements Due {
  place = -1
  readonly #run: () => void

  constructor(run: () => void) {
    this.#run = run
  }

  due(): void {
    this.#run()
  }
}
