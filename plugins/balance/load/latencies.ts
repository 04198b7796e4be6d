import type { Endpoint, Outcome } from '#core'
import { isIgnored } from './blame.ts'

// Before any answer all endpoints cost the same, so any number will do.
const UNKNOWN_MS = 1
// An answer takes some time, and a cost of nothing would swallow every factor.
const SHORTEST_MS = 0.01
// An endpoint's first answers, so many and those to flows of this part of the memory, are averaged
// before a slow one counts whole, and none counts for more than this many times the estimate: they are
// slow for reasons that pass, such as connections and caches.
const FIRST_ANSWERS = 8
const FIRST_PART = 1 / 10
const FIRST_PEAK = 2
// An average over about the last 64 answers of all endpoints.
const ALL_STEP = 1 / 64
// Idle endpoints fade to this part of that average and no further, or after a pause all that comes
// would go to those not asked yet.
const LOWEST_PART = 1 / 4

/**
 * What each endpoint is expected to take to its first byte, in ms: the peak EWMA of Finagle. A slower
 * answer counts at once, faster ones and time itself lower the estimate, by the factor e in each
 * `memoryMs`; so an endpoint that was slow once is asked again.
 *
 * One that has not answered yet is expected to take what answers of all endpoints took lately: with
 * nothing it would be flooded, with a constant above what is usual never asked. A failure may be fast,
 * so it counts as an answer that took what the last one did, or longer if it took longer.
 *
 * Every `now` is the clock's, in ms: to read it costs more than all the rest.
 */
export class Latencies {
  readonly #memoryMs: number
  /** By index: the estimate, when it was right, answers so far, when it joined, and whose this is. */
  readonly #costs: number[] = []
  readonly #times: number[] = []
  readonly #answers: number[] = []
  readonly #joined: number[] = []
  readonly #owners: Endpoint[] = []
  /** By index: the number of the last update in which it was ready. */
  readonly #seen: number[] = []
  #updates = 0
  #allMs = 0
  #all = 0

  constructor(memoryMs: number) {
    this.#memoryMs = Math.max(1, memoryMs)
  }

  /**
   * Knows endpoints from now on. What it knew of one that was away for a while it still knows, but its
   * next answers are first ones again: it may have been restarted.
   */
  update(ready: readonly Endpoint[], now: number): void {
    const before = this.#updates++
    for (let place = 0; place < ready.length; place++) {
      const endpoint = ready[place] as Endpoint
      const { index } = endpoint
      const isKnown = this.#owners[index] === endpoint
      if (!isKnown) this.#learn(index, 0, now)
      if (!isKnown || this.#seen[index] !== before) {
        this.#answers[index] = 0
        this.#joined[index] = now
      }
      this.#owners[index] = endpoint
      this.#seen[index] = this.#updates
    }
  }

  /** Learns from an outcome. An endpoint that was never ready here teaches nothing. */
  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome, now: number): void {
    const { index } = endpoint
    if (this.#owners[index] !== endpoint) return
    const ms = Math.max(SHORTEST_MS, latencyMs)
    if (outcome === 'ok') this.#answered(index, ms, now)
    else if (ms > this.#past(index) && !isIgnored(outcome)) this.#learn(index, ms, now)
    // Asked again and none the wiser: what was known last holds, or an endpoint that fails, or that hangs
    // until its clients give up, would look better with time and be asked more and more.
    else if (ms > this.#at(index, now) || !isIgnored(outcome)) this.#times[index] = now
  }

  /** What a known endpoint is expected to take at `now`, in ms; above 0. */
  of(endpoint: Endpoint, now: number): number {
    return this.#at(endpoint.index, now)
  }

  /**
   * The logarithm of what it would have been at time 0, were it to fall all the time. As all estimates
   * fall by the same factor, these compare as the estimates do, whenever they were taken.
   */
  logarithmOf({ index }: Endpoint, now: number): number {
    const memoryMs = this.#memoryMs
    const estimate = Math.log(this.#past(index)) + (this.#times[index] as number) / memoryMs
    return Math.max(estimate, Math.log(this.#least(index)) + now / memoryMs)
  }

  #answered(index: number, ms: number, now: number): void {
    const answers = this.#answers[index] as number
    this.#answers[index] = answers + 1
    if (answers < FIRST_ANSWERS || now - ms < this.#grownUpAt(index)) {
      const expected = this.#all === 0 ? ms : this.#at(index, now)
      this.#learn(index, blended(expected, ms, answers), now)
    } else {
      const past = this.#costs[index] as number
      const rest = this.#rest(index, now)
      this.#learn(index, Math.max(ms, past * rest + ms * (1 - rest)), now)
    }
    this.#all++
    this.#allMs += (ms - this.#allMs) * Math.max(ALL_STEP, 1 / this.#all)
  }

  #grownUpAt(index: number): number {
    return (this.#joined[index] as number) + this.#memoryMs * FIRST_PART
  }

  #learn(index: number, costMs: number, now: number): void {
    this.#costs[index] = costMs
    this.#times[index] = now
  }

  #at(index: number, now: number): number {
    return Math.max(this.#past(index) * this.#rest(index, now), this.#least(index))
  }

  /** What an estimate falls to at most. */
  #least(index: number): number {
    return Math.min(this.#past(index), this.#allMs * LOWEST_PART)
  }

  /** An estimate as it was when it was right. */
  #past(index: number): number {
    return (this.#costs[index] as number) || this.#allMs || UNKNOWN_MS
  }

  /** How much of an estimate time has left. */
  #rest(index: number, now: number): number {
    return Math.exp(((this.#times[index] as number) - now) / this.#memoryMs)
  }
}

/** One more of the first answers in their mean, the geometric one, which outliers hardly move. */
function blended(expectedMs: number, ms: number, answers: number): number {
  const factor = Math.min(FIRST_PEAK, ms / expectedMs)
  return expectedMs * factor ** (1 / (answers + 2))
}
