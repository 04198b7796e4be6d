import type { Clock, Endpoint, Outcome } from '#core'
import { isIgnored } from './blame.ts'

/** How a strategy that compares costs remembers failures. */
export interface FailureOptions {
  /** In ms. */
  readonly memory: number
  readonly penalty: number
}

// One outcome counts an eighth: ten failures in a row leave a success rate of a quarter, and a single
// one among many successes is soon forgotten.
const STEP = 1 / 8
// Below this the past counts no more, or an endpoint that failed once would lose each tie for minutes.
const FORGOTTEN = 0.1
// The lowest success rate that is counted on, so that a factor stays a number.
const LOWEST_RATE = 0.05

/**
 * How much dearer recent failures make an endpoint: 1 / max(0.05, success rate)^penalty.
 *
 * A failure is often fast and frees the endpoint at once, so to whoever compares load or latency a
 * broken endpoint looks the best of all. A fixed penalty stops working when the load of the healthy
 * ones exceeds it; a factor does not. Failures fade with time, so that the endpoint is tried again.
 */
export class Failures {
  readonly #clock: Clock
  readonly #memoryMs: number
  readonly #penalty: number
  /** By index: the share of failures among the last outcomes, when it was right, and whose it is. */
  readonly #shares: number[] = []
  readonly #times: number[] = []
  readonly #owners: Endpoint[] = []
  /** How many shares are above 0: while none is, no array need be looked at. */
  #failing = 0

  /** Failures fade by the factor e in each `memory`, in ms; a penalty of 0 lets them count nothing. */
  constructor({ memory, penalty }: FailureOptions, clock: Clock) {
    this.#clock = clock
    this.#memoryMs = Math.max(1, memory)
    this.#penalty = penalty
  }

  /** Knows endpoints from now on. What it knew of one that was away for a while it still knows. */
  update(ready: readonly Endpoint[]): void {
    for (let place = 0; place < ready.length; place++) {
      const endpoint = ready[place] as Endpoint
      if (this.#owners[endpoint.index] === endpoint) continue
      this.#owners[endpoint.index] = endpoint
      this.#set(endpoint.index, 0)
      this.#times[endpoint.index] = 0
    }
  }

  /** Learns from an outcome. Costs next to nothing while there are no failures. */
  settle(endpoint: Endpoint, outcome: Outcome): void {
    if ((outcome === 'ok' && this.#failing === 0) || this.#penalty === 0) return
    const { index } = endpoint
    if (isIgnored(outcome) || this.#owners[index] !== endpoint) return
    const before = this.#share(index)
    if (outcome === 'ok' && before === 0) return
    const after = before + ((outcome === 'ok' ? 0 : 1) - before) * STEP
    this.#set(index, outcome === 'ok' && after < FORGOTTEN ? 0 : after)
    this.#times[index] = this.#clock.now()
  }

  /** What the cost of a known endpoint is to be multiplied by; 1 or more. */
  factor(endpoint: Endpoint): number {
    if (this.#failing === 0) return 1
    const share = this.#share(endpoint.index)
    if (share < FORGOTTEN) return 1
    return Math.max(LOWEST_RATE, 1 - share) ** -this.#penalty
  }

  #set(index: number, share: number): void {
    const before = this.#shares[index] ?? 0
    this.#failing += (share > 0 ? 1 : 0) - (before > 0 ? 1 : 0)
    this.#shares[index] = share
  }

  #share(index: number): number {
    const share = this.#shares[index] as number
    if (share === 0) return 0
    const ageMs = this.#clock.now() - (this.#times[index] as number)
    return share * Math.exp(-ageMs / this.#memoryMs)
  }
}
