import { defineStrategy, type Endpoint, type Flow, RNG, type Rng, type Strategy, Type } from '#core'
import { isTaken } from './load/taken.ts'
import { SmoothTurns } from './shares/smooth-turns.ts'
import { TurnWheel } from './shares/turn-wheel.ts'
import type { Turns } from './shares/turns.ts'
import { weightsOf } from './shares/weights.ts'

// Beyond this a scan of all credits costs more than a turn of the wheel: about 40 ns each.
const MOST_SCANNED = 32
// How far into the sequence an instance may begin.
const FURTHEST_START = 1_024
// Turns that pass over full and avoided endpoints before the upstream is left to look for another.
const MOST_TURNS = 8

/**
 * Takes the ready endpoints in turn, each as often as its weight says and as evenly spread as can be.
 * O(1): up to 32 endpoints by smooth weighted round robin as in nginx (5, 1, 1 gives a a b a c a a),
 * a scan of which the length is bounded; beyond, where the scan would get dear, by earliest deadline
 * first on a wheel of slots. A heap of deadlines would cost O(log n); stride scheduling as in gRPC
 * draws again and again where one weight is far above the mean; a cycle made beforehand has no
 * bounded length for weights that move.
 *
 * Each instance begins somewhere else in the sequence, so that many gateways do not move in step.
 * What an endpoint is owed outlives every change of weights and members, so that changes once a
 * second, as in a warm-up, favour nobody. The turn of an endpoint that is full or that the flow
 * avoids is passed on to the next.
 *
 * @example
 * balance: weightedRoundRobin()
 */
export const weightedRoundRobin = defineStrategy({
  name: 'weighted-round-robin',
  options: Type.Object({}),
  inject: [RNG],
  create: (_options, rng) => new WeightedRoundRobin(rng),
})

class WeightedRoundRobin implements Strategy {
  readonly #rng: Rng
  #ready: readonly Endpoint[] = []
  #weights = new Float64Array()
  #turns: Turns | undefined = undefined
  /** By index: what an endpoint is owed that had to go, and which one that was. */
  readonly #owed: number[] = []
  readonly #owners: Endpoint[] = []

  constructor(rng: Rng) {
    this.#rng = rng
  }

  update(ready: readonly Endpoint[]): void {
    if (this.#isSame(ready)) return
    this.#remember()
    this.#ready = ready
    this.#weights = weightsOf(ready)
    this.#turns = ready.length === 0 ? undefined : this.#begin()
  }

  pick(flow: Flow): Endpoint | undefined {
    const turns = this.#turns
    if (turns === undefined) return undefined
    let endpoint = this.#ready[turns.next()] as Endpoint
    for (let turn = 1; turn < MOST_TURNS && isTaken(endpoint, flow); turn++) {
      endpoint = this.#ready[turns.next()] as Endpoint
    }
    return endpoint
  }

  #isSame(ready: readonly Endpoint[]): boolean {
    if (ready.length !== this.#ready.length) return false
    for (let place = 0; place < ready.length; place++) {
      const endpoint = ready[place] as Endpoint
      if (endpoint !== this.#ready[place] || endpoint.weight !== this.#weights[place]) return false
    }
    return true
  }

  #remember(): void {
    for (let place = 0; place < this.#ready.length; place++) {
      const endpoint = this.#ready[place] as Endpoint
      this.#owners[endpoint.index] = endpoint
      this.#owed[endpoint.index] = this.#turns?.owed(place) ?? 0
    }
  }

  #begin(): Turns {
    let known = 0
    const owed = new Float64Array(this.#ready.length).fill(Number.NaN)
    for (let place = 0; place < owed.length; place++) {
      const endpoint = this.#ready[place] as Endpoint
      if (this.#owners[endpoint.index] !== endpoint) continue
      owed[place] = this.#owed[endpoint.index] as number
      known++
    }
    if (owed.length > MOST_SCANNED) return new TurnWheel(this.#weights, owed, this.#rng)
    const turns = new SmoothTurns(this.#weights, owed)
    const skipped = known === 0 ? this.#rng.below(FURTHEST_START) : 0
    for (let turn = 0; turn < skipped; turn++) turns.next()
    return turns
  }
}
