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
import { Draws } from './draws.ts'
import { Failures } from './load/failures.ts'
import { Latencies } from './load/latencies.ts'
import { COST_OPTIONS } from './load/options.ts'

// Costs with a latency in them that differ by less tie, or the faster of equals by a hair would be taken
// whenever it is drawn.
const HAIR = 1.2

/**
 * Draws two endpoints by chance and takes the better one. O(choices), and nearly as good as a look at
 * all of them (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001), without
 * the herd: gateways that know nothing of each other do not like the same endpoint at once.
 *
 * The draws are distinct, as with replacement an endpoint that hangs keeps 1/n^2 of the traffic, and
 * in proportion to weights. `inflight` compares (in flight / weight + 1), `peak-ewma` that times the
 * latency expected, as Finagle does, and takes less than a fifth for a tie. Where two tie the first drawn
 * is taken, so that without load weights are shares. Recent failures make an endpoint dearer.
 *
 * @example
 * balance: powerOfTwo()
 * @example
 * balance: powerOfTwo({ load: 'peak-ewma' })
 */
export const powerOfTwo = defineStrategy({
  name: 'power-of-two',
  options: Type.Object({
    choices: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 10,
        default: 2,
        description: 'How many endpoints are drawn.',
      }),
    ),
    load: Type.Optional(
      Type.Enum(['inflight', 'peak-ewma'], {
        default: 'inflight',
        description: 'What is compared: flows in flight, or those times the latency expected.',
      }),
    ),
    ...COST_OPTIONS,
  }),
  inject: [CLOCK, RNG],
  create: (options, clock, rng) => {
    const { choices, load, memory } = options
    const latencies = load === 'inflight' ? undefined : new Latencies(memory)
    return new PowerOfTwo(choices, latencies, new Failures(options, clock), clock, rng)
  },
})

/** The strategy itself, which others fall back to. */
export class PowerOfTwo implements Strategy {
  readonly #draws: Draws
  readonly #latencies: Latencies | undefined
  readonly #failures: Failures
  readonly #clock: Clock
  #ready: readonly Endpoint[] = []
  #meanWeight = 1

  constructor(
    choices: number,
    latencies: Latencies | undefined,
    failures: Failures,
    clock: Clock,
    rng: Rng,
  ) {
    this.#draws = new Draws(choices, rng)
    this.#latencies = latencies
    this.#failures = failures
    this.#clock = clock
  }

  update(ready: readonly Endpoint[]): void {
    let total = 0
    for (const { weight } of ready) total += weight
    this.#ready = ready
    this.#meanWeight = total / ready.length
    this.#draws.update(ready)
    this.#failures.update(ready)
    this.#latencies?.update(ready, this.#clock.now())
  }

  pick(flow: Flow): Endpoint | undefined {
    const ready = this.#ready
    if (ready.length < 2) return ready[0]
    const drawn = this.#draws.draw(flow)
    const now = this.#latencies === undefined ? 0 : this.#clock.now()
    const margin = this.#latencies === undefined ? 1 : HAIR
    let best: Endpoint | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (let draw = 0; draw < drawn; draw++) {
      const endpoint = ready[this.#draws.places[draw] as number] as Endpoint
      const cost = this.#cost(endpoint, now)
      if (cost * margin >= lowest) continue
      best = endpoint
      lowest = cost
    }
    return best
  }

  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void {
    this.#failures.settle(endpoint, outcome)
    this.#latencies?.settle(endpoint, latencyMs, outcome, this.#clock.now())
  }

  #cost(endpoint: Endpoint, now: number): number {
    const load = (endpoint.inflight * this.#meanWeight) / endpoint.weight + 1
    const cost = load * this.#failures.factor(endpoint)
    return this.#latencies === undefined ? cost : cost * this.#latencies.of(endpoint, now)
  }
}
