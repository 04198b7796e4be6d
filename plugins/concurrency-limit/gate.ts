import type { Clock } from '#core'
import type { QueueOptions } from './options.ts'
import type { Waiter } from './waiter.ts'
import { WaitingQueue } from './waiting-queue.ts'

/** What becomes of one that waited. */
export interface Verdicts {
  /** It has a place, which is counted already. */
  admitted(waiter: Waiter): void
  /** It has none and waits no longer. */
  shed(waiter: Waiter): void
}

/** A number of places and those who wait for one. Knows nothing of how many there should be. */
export class Gate {
  readonly #queue: WaitingQueue
  readonly #max: number
  readonly #shares: readonly number[]
  readonly #verdicts: Verdicts
  readonly #clock: Clock
  /** Places by level: the first one's is the whole limit. */
  readonly #places: number[]
  #limit = 0
  /** Places that are taken. */
  inflight = 0

  /** `shares` of the limit that each level may have, from 1 downwards. */
  constructor(options: QueueOptions, shares: readonly number[], clock: Clock, verdicts: Verdicts) {
    this.#queue = new WaitingQueue(options, shares.length)
    this.#max = options.max
    this.#shares = shares
    this.#places = shares.map(() => 0)
    this.#clock = clock
    this.#verdicts = verdicts
  }

  get limit(): number {
    return this.#limit
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** Sets how many places there are, and gives new ones to those who wait. */
  resize(limit: number): void {
    if (limit === this.#limit) return
    const isMore = limit > this.#limit
    this.#limit = limit
    for (let level = 0; level < this.#shares.length; level++) {
      const share = this.#shares[level] as number
      // However small the limit: a level that could never run would wait for nothing.
      this.#places[level] = Math.min(limit, Math.max(1, Math.round(limit * share)))
    }
    if (isMore && this.#queue.size > 0) this.#serve()
  }

  /** Takes a place at once, if there is one and nobody waits that comes first. */
  take(level: number): boolean {
    if (this.inflight >= (this.#places[level] as number)) return false
    if (this.#queue.size > 0 && this.#queue.ahead(level) > 0) return false
    this.inflight++
    return true
  }

  /** Whether one of a level could wait now, maybe in the place of one that comes after it. */
  hasRoom(level: number): boolean {
    if (this.#queue.size < this.#max) return true
    if (this.#max === 0) return false
    const displaced = this.#queue.displaced(level, this.#clock.now())
    if (displaced === undefined) return false
    this.#queue.remove(displaced)
    this.#verdicts.shed(displaced)
    return true
  }

  wait(waiter: Waiter): void {
    this.#queue.add(waiter)
  }

  /** One that waits goes without a place. */
  leave(waiter: Waiter): void {
    this.#queue.remove(waiter)
  }

  /** Gives a place back. */
  release(): void {
    this.inflight--
    if (this.#queue.size > 0) this.#serve()
  }

  /** Lets everybody in who waits: nobody will count them any more. */
  open(): void {
    this.resize(Number.MAX_SAFE_INTEGER)
  }

  #serve(): void {
    const now = this.#clock.now()
    for (;;) {
      const next = this.#queue.next(now)
      if (next === undefined || this.inflight >= (this.#places[next.level] as number)) return
      this.#queue.remove(next)
      if (this.#queue.givesUp(next, now)) {
        this.#verdicts.shed(next)
        continue
      }
      this.inflight++
      this.#verdicts.admitted(next)
    }
  }
}
