import {
  CLOCK,
  type Clock,
  defineStrategy,
  duration,
  type Endpoint,
  type Flow,
  type Outcome,
  RNG,
  type Rng,
  type Strategy,
  Type,
} from '#core'
import { Cheapest } from './load/cheapest.ts'
import { Failures } from './load/failures.ts'
import { Latencies } from './load/latencies.ts'

// Costs that differ by less than a step of 19 % tie: four of them double it. Otherwise the fastest of
// equals by a hair would get nearly everything.
const STEPS = 4 / Math.LN2

/**
 * Takes the endpoint that is expected to answer first: the lowest latency x (in flight + 1) / weight,
 * with the peak EWMA of its latency, made dearer by recent failures; those within a fifth of each
 * other equally likely. O(log n). It looks at all endpoints where `powerOfTwo({ load: 'peak-ewma' })`
 * looks at two: better with few gateways and few endpoints; of many gateways, each with a view of its
 * own, all may like the same endpoint at once.
 *
 * @example
 * balance: leastTime()
 */
export const leastTime = defineStrategy({
  name: 'least-time',
  options: Type.Object({
    memory: Type.Optional(
      duration({
        default: '10s',
        description:
          'How long answers and failures count: what is left of them falls by the factor e in it.',
      }),
    ),
  }),
  inject: [CLOCK, RNG],
  create: ({ memory }, clock, rng) => new LeastTime(memory, clock, rng),
})

class LeastTime implements Strategy {
  readonly #failures: Failures
  readonly #latencies: Latencies
  readonly #cheapest: Cheapest

  constructor(memoryMs: number, clock: Clock, rng: Rng) {
    const failures = new Failures(memoryMs, clock)
    const latencies = new Latencies(memoryMs, clock)
    this.#failures = failures
    this.#latencies = latencies
    this.#cheapest = new Cheapest((endpoint) => {
      const load = ((endpoint.inflight + 1) / endpoint.weight) * failures.factor(endpoint)
      const cost = latencies.logarithmOf(endpoint, clock.now()) + Math.log(load)
      return Math.round(cost * STEPS)
    }, rng)
  }

  update(ready: readonly Endpoint[]): void {
    this.#failures.update(ready)
    this.#latencies.update(ready)
    this.#cheapest.update(ready)
  }

  pick(flow: Flow): Endpoint | undefined {
    return this.#cheapest.pick(flow)
  }

  start(endpoint: Endpoint): void {
    this.#cheapest.changed(endpoint)
  }

  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void {
    this.#failures.settle(endpoint, outcome)
    this.#latencies.settle(endpoint, latencyMs, outcome)
    this.#cheapest.changed(endpoint)
  }
}
