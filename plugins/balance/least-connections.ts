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
import { COST_OPTIONS } from './load/options.ts'

/**
 * Takes the endpoint with the fewest flows for its weight, (in flight + 1) / weight, those that tie
 * equally likely: by order, all gateways would send to the same one. O(log n). Best where flows last
 * long or differ in length, such as connections of TCP and WebSockets.
 *
 * Recent failures make an endpoint dearer, or one that fails at once, and so never has anything in
 * flight, would get nearly everything.
 *
 * @example
 * balance: leastConnections()
 */
export const leastConnections = defineStrategy({
  name: 'least-connections',
  options: Type.Object(COST_OPTIONS),
  inject: [CLOCK, RNG],
  create: (options, clock, rng) => new LeastConnections(options, clock, rng),
})

/** The strategy itself, which others fall back to. */
export class LeastConnections implements Strategy {
  readonly #failures: Failures
  readonly #cheapest: Cheapest

  constructor(options: FailureOptions, clock: Clock, rng: Rng) {
    const failures = new Failures(options, clock)
    this.#failures = failures
    this.#cheapest = new Cheapest(
      (endpoint) => ((endpoint.inflight + 1) / endpoint.weight) * failures.factor(endpoint),
      rng,
    )
  }

  update(ready: readonly Endpoint[]): void {
    this.#failures.update(ready)
    this.#cheapest.update(ready)
  }

  pick(flow: Flow): Endpoint | undefined {
    return this.#cheapest.pick(flow)
  }

  start(endpoint: Endpoint): void {
    this.#cheapest.changed(endpoint)
  }

  settle(endpoint: Endpoint, _latencyMs: number, outcome: Outcome): void {
    this.#failures.settle(endpoint, outcome)
    this.#cheapest.changed(endpoint)
  }
}
