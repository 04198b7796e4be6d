import type { Endpoint, Flow, Rng } from '#core'
import { Lowest } from './lowest.ts'
import { Places } from './places.ts'
import { isTaken } from './taken.ts'

// So many endpoints that a flow avoids are passed over before the upstream is left to look for another.
const MOST_PASSED = 16

/** What sending one more flow to an endpoint costs. */
export type Cost = (endpoint: Endpoint) => number

/**
 * The ready endpoint of the lowest cost, those that tie equally likely. O(log n) a pick and a change.
 *
 * Costs are those of the last time that an endpoint was looked at: when a flow starts or ends there,
 * and in turn, one with each pick. That is for what nobody tells of: time that goes by, and flows
 * that began before this instance was there.
 */
export class Cheapest {
  readonly #cost: Cost
  readonly #places = new Places()
  readonly #lowest: Lowest
  readonly #passed = new Int32Array(MOST_PASSED)
  #ready: readonly Endpoint[] = []
  #turn = 0

  constructor(cost: Cost, rng: Rng) {
    this.#cost = cost
    this.#lowest = new Lowest(rng)
  }

  update(ready: readonly Endpoint[]): void {
    const costs = new Float64Array(ready.length)
    for (let place = 0; place < ready.length; place++) {
      costs[place] = this.#costOf(ready[place] as Endpoint)
    }
    this.#ready = ready
    this.#places.update(ready)
    this.#lowest.reset(costs)
  }

  pick(flow: Flow): Endpoint | undefined {
    const ready = this.#ready
    if (ready.length < 2) return ready[0]
    this.#lookAtNext()
    const place = this.#lowest.draw()
    // By what was seen last all are full; the upstream knows by now and looks for another.
    if (place === -1) return ready[this.#turn]
    const endpoint = ready[place] as Endpoint
    return isTaken(endpoint, flow) ? this.#other(flow, place) : endpoint
  }

  /** A flow started or ended at an endpoint. */
  changed(endpoint: Endpoint): void {
    const place = this.#places.of(endpoint)
    if (place !== -1) this.#lowest.set(place, this.#costOf(endpoint))
  }

  #lookAtNext(): void {
    this.#turn = this.#turn + 1 < this.#ready.length ? this.#turn + 1 : 0
    this.#lowest.set(this.#turn, this.#costOf(this.#ready[this.#turn] as Endpoint))
  }

  /** The next best of those that the flow may be sent to; what is passed over is put back. */
  #other(flow: Flow, first: number): Endpoint | undefined {
    let place = first
    let passed = 0
    while (place !== -1 && passed < MOST_PASSED && isTaken(this.#at(place), flow)) {
      this.#passed[passed++] = place
      this.#lowest.set(place, Number.POSITIVE_INFINITY)
      place = this.#lowest.draw()
    }
    for (let i = 0; i < passed; i++) {
      const back = this.#passed[i] as number
      this.#lowest.set(back, this.#costOf(this.#at(back)))
    }
    return this.#ready[place === -1 ? first : place]
  }

  #at(place: number): Endpoint {
    return this.#ready[place] as Endpoint
  }

  #costOf(endpoint: Endpoint): number {
    return endpoint.isFull ? Number.POSITIVE_INFINITY : this.#cost(endpoint)
  }
}
