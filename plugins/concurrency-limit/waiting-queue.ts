import { Codel } from './codel.ts'
import type { QueueOptions } from './options.ts'
import type { Waiter } from './waiter.ts'
import { WaitingLine } from './waiting-line.ts'

/**
 * Those who wait, by priority. First come, first served while the queue is now and then empty. One
 * that stays serves, by its order, the newest first: whoever came last is the one most likely to be
 * waiting still ("adaptive LIFO": Maurer, "Fail at Scale", ACM Queue 2015); or it gives up those that
 * waited for too long (CoDel). Otherwise all of them wait as long as the deadline, and are served when
 * nobody wants the answer any more.
 */
export class WaitingQueue {
  readonly #options: QueueOptions
  readonly #lines: readonly WaitingLine<Waiter>[]
  readonly #codel: Codel | undefined
  #since = 0
  size = 0

  constructor(options: QueueOptions, levels: number) {
    this.#options = options
    this.#lines = Array.from({ length: levels }, () => new WaitingLine<Waiter>())
    const { order, target, patience } = options
    this.#codel = order === 'codel' ? new Codel(target, patience) : undefined
  }

  /** How many of a level, or of those before it, wait. */
  ahead(level: number): number {
    let all = 0
    for (let at = 0; at <= level; at++) all += this.#lines[at]?.size ?? 0
    return all
  }

  add(waiter: Waiter): void {
    if (this.size === 0) this.#since = waiter.since
    this.size++
    this.#line(waiter.level).add(waiter)
  }

  remove(waiter: Waiter): void {
    this.size--
    this.#line(waiter.level).remove(waiter)
  }

  /** Whose turn it is among those of the most important level that has any. */
  next(now: number): Waiter | undefined {
    for (let at = 0; at < this.#lines.length; at++) {
      const line = this.#line(at)
      if (line.size > 0) return this.#isLasting(now) ? line.newest : line.oldest
    }
    return undefined
  }

  /** Whether one whose turn it is has waited for too long to be served. */
  givesUp(waiter: Waiter, now: number): boolean {
    return this.#codel?.givesUp(now - waiter.since, now) === true
  }

  /** Who makes room in a full queue for a newcomer of a level; undefined if nobody does. */
  displaced(level: number, now: number): Waiter | undefined {
    for (let at = this.#lines.length - 1; at >= level; at--) {
      const line = this.#line(at)
      if (line.size === 0) continue
      const isLasting = this.#isLasting(now)
      if (at === level && !isLasting) return undefined
      return isLasting ? line.oldest : line.newest
    }
    return undefined
  }

  #isLasting(now: number): boolean {
    const { order, patience } = this.#options
    return order === 'adaptive-lifo' && this.size > 0 && now - this.#since >= patience
  }

  #line(level: number): WaitingLine<Waiter> {
    return this.#lines[level] as WaitingLine<Waiter>
  }
}
