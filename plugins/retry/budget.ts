import type { RetryOptions } from './options.ts'

// Requests are counted over ten slots, the window or a little less, and retries over eleven, the
// window or a little more: so the bound holds for every window, wherever it begins.
const SLOTS = 10

/**
 * How many retries an upstream may see: at most `min`, or `share` of the requests started, in any
 * window. O(1) a request.
 */
export class Budget {
  readonly #options: RetryOptions['budget']
  readonly #slotMs: number
  readonly #requests = new Array<number>(SLOTS + 1).fill(0)
  readonly #retries = new Array<number>(SLOTS + 1).fill(0)
  #slot = 0
  #refused = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: RetryOptions['budget']) {
    this.#options = options
    this.#slotMs = Math.max(1, options.window / SLOTS)
  }

  /** A request began, at a time of the monotonic clock in ms. */
  started(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot !== this.#slot) this.#advance(slot)
    const at = slot % (SLOTS + 1)
    this.#requests[at] = (this.#requests[at] ?? 0) + 1
  }

  /** Takes one retry, if there is one left. */
  take(now: number): boolean {
    const slot = Math.floor(now / this.#slotMs)
    if (slot !== this.#slot) this.#advance(slot)
    const { share, min } = this.#options
    const oldest = this.#requests[(slot + 1) % (SLOTS + 1)] ?? 0
    const allowed = Math.max(min, share * (sum(this.#requests) - oldest))
    if (sum(this.#retries) + 1 > allowed) {
      this.#refused++
      return false
    }
    const at = slot % (SLOTS + 1)
    this.#retries[at] = (this.#retries[at] ?? 0) + 1
    return true
  }

  /** How many were refused since this was asked last, at most once a window; otherwise 0. */
  refused(now: number): number {
    if (now - this.#toldAt < this.#options.window) return 0
    this.#toldAt = now
    const refused = this.#refused
    this.#refused = 0
    return refused
  }

  #advance(slot: number): void {
    const steps = Math.min(slot - this.#slot, SLOTS + 1)
    for (let step = 0; step < steps; step++) {
      const at = (slot - step) % (SLOTS + 1)
      this.#requests[at] = 0
      this.#retries[at] = 0
    }
    this.#slot = slot
  }
}

function sum(counts: readonly number[]): number {
  let all = 0
  for (const count of counts) all += count
  return all
}
