import {
  CLOCK,
  type Clock,
  defineStrategy,
  type Endpoint,
  type Flow,
  type Outcome,
  RNG,
  type Rng,
  type Strategy,
  Type,
} from '#core'
import { Cheapest } from './load/cheapest.ts'
import { type FailureOptions, Failures } from './load/failures.ts'
import { Latencies } from './load/latencies.ts'
import { COST_OPTIONS } from './load/options.ts'

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
  options: Type.Object(COST_OPTIONS),
  inject: [CLOCK, RNG],
  create: (options, clock, rng) => new LeastTime(options, clock, rng),
})

class LeastTime implements Strategy {
  readonly #clock: Clock
  readonly #failures: Failures
  readonly #latencies: Latencies
  readonly #cheapest: Cheapest
  #now = 0

  constructor(options: FailureOptions, clock: Clock, rng: Rng) {
    this.#clock = clock
    this.#failures = new Failures(options, clock)
    this.#latencies = new Latencies(options.memory)
    this.#cheapest = new Cheapest((endpoint) => this.#cost(endpoint), rng)
  }

  update(ready: readonly Endpoint[]): void {
    this.#now = this.#clock.now()
    this.#failures.update(ready)
    this.#latencies.update(ready, this.#now)
    this.#cheapest.update(ready)
  }

  pick(flow: Flow): Endpoint | undefined {
    this.#now = this.#clock.now()
    return this.#cheapest.pick(flow)
  }

  start(endpoint: Endpoint): void {
    this.#cheapest.changed(endpoint)
  }

  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void {
    this.#now = this.#clock.now()
    this.#failures.settle(endpoint, outcome)
    this.#latencies.settle(endpoint, latencyMs, outcome, this.#now)
    this.#cheapest.changed(endpoint)
  }

  #cost(endpoint: Endpoint): number {
    const load = ((endpoint.inflight + 1) / endpoint.weight) * this.#failures.factor(endpoint)
    const cost = this.#latencies.logarithmOf(endpoint, this.#now) + Math.log(load)
    return Math.round(cost * STEPS)
  }
}
