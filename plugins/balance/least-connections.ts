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
  options: Type.Object({
    memory: Type.Optional(
      duration({
        default: '10s',
        description: 'How long failures count: what is left of them falls by the factor e in it.',
      }),
    ),
  }),
  inject: [CLOCK, RNG],
  create: ({ memory }, clock, rng) => new LeastConnections(memory, clock, rng),
})

class LeastConnections implements Strategy {
  readonly #failures: Failures
  readonly #cheapest: Cheapest

  constructor(memoryMs: number, clock: Clock, rng: Rng) {
    const failures = new Failures(memoryMs, clock)
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
