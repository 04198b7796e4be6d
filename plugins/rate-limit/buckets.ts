import type { Clock } from '#core'

// Each new key looks at so many old ones, so those that are as new go faster than others come.
const LOOKS = 4

/** When what a key has sent will have been paid for, each way, by the monotonic clock in ms. */
interface Bucket {
  up: number
  down: number
}

/**
 * Bytes of keys as debts that time pays at a rate: a leaky bucket as a meter, by GCRA's one number. A
 * key without debt is not kept, and is as one that was never seen. O(1).
 */
export class Buckets {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keys that are kept. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes bytes down that have gone; gives the ms after which as many as `rate` bytes a second, and
   * `burst` at once, would have been those.
   */
  took(key: string, way: 'up' | 'down', bytes: number, rate: number, burst: number): number {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(key) ?? this.#open(key, now)
    // Without debt there is room for the burst, and never for more.
    const earliest = now - (burst * 1_000) / rate
    bucket[way] = Math.max(bucket[way], earliest) + (bytes * 1_000) / rate
    return Math.max(0, bucket[way] - now)
  }

  #open(key: string, now: number): Bucket {
    let looks = LOOKS
    for (const [other, bucket] of this.#buckets) {
      if (looks-- === 0) break
      this.#buckets.delete(other)
      // Those with a debt are looked at again after all others.
      if (bucket.up > now || bucket.down > now) this.#buckets.set(other, bucket)
    }
    const bucket = { up: Number.NEGATIVE_INFINITY, down: Number.NEGATIVE_INFINITY }
    this.#buckets.set(key, bucket)
    return bucket
  }
}
