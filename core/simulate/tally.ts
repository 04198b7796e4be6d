import type { Outcome } from '../contracts/flow.ts'
import { Digest } from './digest.ts'
import type { Due } from './event-queue.ts'
import { Histogram } from './histogram.ts'
import type { ModelledEndpoint } from './modelled-endpoint.ts'
import type { EndpointReport, Outcomes, Slice } from './report.ts'
import type { SimulatedRequest } from './simulated-request.ts'
import type { Witness } from './terms.ts'
import type { VirtualClock } from './virtual-clock.ts'

const OUTCOMES: readonly Outcome[] = [
  ...(['ok', 'upstream-error', 'overload', 'timeout'] as const),
  ...(['connect-failed', 'client-abort', 'local'] as const),
]
const OK = 0
const NUMBERS: Readonly<Record<Outcome, number>> = Object.fromEntries(
  OUTCOMES.map((outcome, number) => [outcome, number]),
) as Record<Outcome, number>
const OVER = 8

/** Counts what happens from the end of the warm-up on, and digests all of it. */
export class Tally implements Witness, Due {
  place = -1
  readonly digest = new Digest()
  /** Of requests that ended well, from their arrival to their answer, in ms. */
  readonly latency = new Histogram()
  readonly slices: Slice[] = []
  /** Requests that are over, those of the warm-up included. */
  finished = 0
  readonly #clock: VirtualClock
  readonly #models: readonly ModelledEndpoint[]
  readonly #fromMs: number
  readonly #sliceMs: number
  readonly #ended = new Float64Array(OUTCOMES.length)
  readonly #settled = new Float64Array(OUTCOMES.length)
  /** By the index of a model. */
  readonly #sent: Float64Array
  readonly #good: Float64Array
  readonly #busyBefore: Float64Array
  readonly #sliceLatency = new Histogram()
  #slice = emptySlice(0)

  constructor(
    clock: VirtualClock,
    models: readonly ModelledEndpoint[],
    { warmUpMs, sliceMs }: { warmUpMs: number; sliceMs: number },
  ) {
    this.#clock = clock
    this.#models = models
    this.#fromMs = clock.now() + warmUpMs
    this.#sliceMs = sliceMs
    // One place more, for endpoints that there is no model of.
    this.#sent = new Float64Array(models.length + 1)
    this.#good = new Float64Array(models.length + 1)
    this.#busyBefore = new Float64Array(models.length)
    clock.after(warmUpMs, () => this.#warm())
    if (sliceMs > 0) clock.schedule(this, sliceMs)
  }

  sent({ arrivedAt }: SimulatedRequest, { index }: ModelledEndpoint): void {
    this.digest.add(this.#clock.now(), index)
    this.#slice.attempts++
    if (arrivedAt >= this.#fromMs) this.#sent[index] = (this.#sent[index] as number) + 1
  }

  settled({ arrivedAt }: SimulatedRequest, { index }: ModelledEndpoint, outcome: Outcome): void {
    const number = NUMBERS[outcome]
    this.digest.add(this.#clock.now(), (index << 4) | number)
    if (arrivedAt < this.#fromMs) return
    this.#settled[number] = (this.#settled[number] as number) + 1
    if (number === OK) this.#good[index] = (this.#good[index] as number) + 1
  }

  over({ arrivedAt, number }: SimulatedRequest, outcome: Outcome): void {
    this.finished++
    const now = this.#clock.now()
    const latencyMs = now - arrivedAt
    const code = NUMBERS[outcome]
    this.digest.add(now, (number << 4) | OVER | code)
    if (code === OK) this.#slice.ok++
    else this.#slice.failed++
    if (code === OK && this.#sliceMs > 0) this.#sliceLatency.record(latencyMs)
    if (arrivedAt < this.#fromMs) return
    this.#ended[code] = (this.#ended[code] as number) + 1
    if (code === OK) this.latency.record(latencyMs)
  }

  /** A slice is over. */
  due(): void {
    const { mean, max } = this.#sliceLatency
    this.slices.push({
      ...this.#slice,
      meanMs: mean,
      p50Ms: this.#sliceLatency.quantile(0.5),
      p99Ms: this.#sliceLatency.quantile(0.99),
      maxMs: max,
    })
    this.#sliceLatency.clear()
    this.#slice = emptySlice(this.#slice.fromMs + this.#sliceMs)
    this.#clock.schedule(this, this.#sliceMs)
  }

  /** How requests ended. */
  outcomes(): Outcomes {
    return byOutcome(this.#ended)
  }

  /** How attempts ended. */
  attemptOutcomes(): Outcomes {
    return byOutcome(this.#settled)
  }

  endpoints(): EndpointReport[] {
    const passedMs = this.#clock.now() - this.#fromMs
    const sent = this.#sent.reduce((sum, count) => sum + count, 0)
    return this.#models.map((model, index) => {
      const attempts = this.#sent[index] as number
      return {
        id: model.traits.id,
        attempts,
        share: sent === 0 ? 0 : attempts / sent,
        ok: this.#good[index] as number,
        busy: (model.busyMs - (this.#busyBefore[index] as number)) / passedMs,
      }
    })
  }

  #warm(): void {
    for (const [index, model] of this.#models.entries()) this.#busyBefore[index] = model.busyMs
  }
}

function byOutcome(counts: Float64Array): Outcomes {
  const entries = OUTCOMES.map((outcome, number) => [outcome, counts[number] as number])
  return Object.fromEntries(entries) as Record<Outcome, number>
}

function emptySlice(fromMs: number): { -readonly [K in keyof Slice]: Slice[K] } {
  return { fromMs, attempts: 0, ok: 0, failed: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }
}
