import type { Outcome } from '../../contracts/flow.ts'
import type { CallWitness } from '../clients/crowd.ts'
import { Digest } from '../digest.ts'
import { Histogram } from '../histogram.ts'
import type { ModelledEndpoint } from '../modelled-endpoint.ts'
import type { SimulatedRequest } from '../simulated-request.ts'
import type { Witness } from '../terms.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import type { Window } from './resolve-expectations.ts'
import { Stretch } from './stretch.ts'

const CODES: Readonly<Record<Outcome, number>> = {
  ok: 0,
  'upstream-error': 1,
  overload: 2,
  timeout: 3,
  'connect-failed': 4,
  'client-abort': 5,
  local: 6,
}
const SETTLED = 8
const OVER = 16

/** What happened in a slice of time, of all runs together. */
export interface SliceCounts {
  /** Calls that clients began. */
  calls: number
  /** Calls that ended well in it. */
  good: number
  failed: number
  /** Requests that clients sent. */
  requests: number
  /** Attempts that went to endpoints. */
  attempts: number
  /** Ms that half of the good calls of the slice took at most; 0 where there were none. */
  p50: number
  p99: number
}

/** Counts calls, requests and attempts: over slices, and over the stretches of which something is asked. */
export class Ledger implements Witness, CallWitness {
  readonly digest = new Digest()
  readonly slices: SliceCounts[] = []
  /** By endpoint. */
  readonly attempts: Float64Array
  /** When the last call ended, of each run. */
  readonly completions: number[] = []
  readonly #sliceMs: number
  readonly #stretches: readonly Stretch[]
  readonly #latency = new Histogram()
  #clock: VirtualClock
  #slice: SliceCounts = blank()
  #sliceAt = 0
  #sliceEnd = 0
  #lastEnd = 0

  constructor(clock: VirtualClock, endpoints: number, sliceMs: number, windows: readonly Window[]) {
    this.#clock = clock
    this.#sliceMs = sliceMs
    // One place more, for endpoints that there is no model of.
    this.attempts = new Float64Array(endpoints + 1)
    this.#stretches = windows.map((window) => new Stretch(window))
    this.turnTo(clock)
  }

  /** Begins the next run, on a clock that stands at 0. */
  turnTo(clock: VirtualClock): void {
    this.#clock = clock
    this.#sliceAt = -1
    this.#lastEnd = 0
    this.#turn()
  }

  began(at: number): void {
    if (at >= this.#sliceEnd) this.#turnUpTo(at)
    this.#slice.calls++
    for (const stretch of this.#stretches) stretch.began(at)
  }

  ended(beganAt: number, isGood: boolean): void {
    const now = this.#clock.now()
    if (now >= this.#sliceEnd) this.#turnUpTo(now)
    this.#lastEnd = now
    if (isGood) this.#slice.good++
    else this.#slice.failed++
    if (isGood) this.#latency.record(now - beganAt)
    for (const stretch of this.#stretches) stretch.ended(now, now - beganAt, isGood)
  }

  /** A client sends a request. */
  asked(): void {
    const now = this.#clock.now()
    if (now >= this.#sliceEnd) this.#turnUpTo(now)
    this.#slice.requests++
  }

  sent(_request: SimulatedRequest, { index }: ModelledEndpoint): void {
    const now = this.#clock.now()
    if (now >= this.#sliceEnd) this.#turnUpTo(now)
    this.digest.add(now, index)
    this.#slice.attempts++
    this.attempts[index] = (this.attempts[index] as number) + 1
    for (const stretch of this.#stretches) stretch.sent(now)
  }

  settled(_request: SimulatedRequest, { index }: ModelledEndpoint, outcome: Outcome): void {
    this.digest.add(this.#clock.now(), (index << 5) | SETTLED | CODES[outcome])
  }

  over({ number, status }: SimulatedRequest, outcome: Outcome): void {
    const now = this.#clock.now()
    this.digest.add(now, (number << 5) | OVER | CODES[outcome])
    const isGood = outcome === 'ok' && status < 400
    for (const stretch of this.#stretches) stretch.over(now, isGood)
  }

  /** The run is over. */
  finish(): void {
    this.#turnUpTo(this.#clock.now())
    this.completions.push(this.#lastEnd)
  }

  /** What was counted from one time to another, which was asked for at the beginning. */
  stretch({ fromMs, toMs }: Window): Stretch {
    return this.#stretches.find(
      ({ window }) => window.fromMs === fromMs && window.toMs === toMs,
    ) as Stretch
  }

  #turnUpTo(now: number): void {
    while (now >= this.#sliceEnd) this.#turn()
  }

  #turn(): void {
    if (this.#sliceAt >= 0) {
      this.#slice.p50 = this.#latency.quantile(0.5)
      this.#slice.p99 = this.#latency.quantile(0.99)
      this.#latency.clear()
    }
    this.#sliceAt++
    this.#sliceEnd = (this.#sliceAt + 1) * this.#sliceMs
    this.#slice = this.slices[this.#sliceAt] ?? blank()
    this.slices[this.#sliceAt] = this.#slice
  }
}

function blank(): SliceCounts {
  return { calls: 0, good: 0, failed: 0, requests: 0, attempts: 0, p50: 0, p99: 0 }
}
