import { defineStrategy, type Endpoint, type Strategy, Type } from '#core'

/**
 * Takes the ready endpoints in turn. O(1). Weights are not looked at.
 *
 * A change of the ready endpoints goes on where the last pick was, so that endpoints early in the
 * list do not get more whenever one is held.
 *
 * @example
 * balance: roundRobin()
 */
export const roundRobin = defineStrategy({
  name: 'round-robin',
  options: Type.Object({}),
  create: () => new RoundRobin(),
})

export class RoundRobin implements Strategy {
  #ready: readonly Endpoint[] = []
  #next = 0

  update(ready: readonly Endpoint[]): void {
    const following = this.#following(ready)
    this.#ready = ready
    this.#next = following
  }

  pick(): Endpoint | undefined {
    const endpoint = this.#ready[this.#next]
    this.#next = this.#next + 1 < this.#ready.length ? this.#next + 1 : 0
    return endpoint
  }

  /** The place in a new list of the endpoint whose turn it is, or of the next one still there. */
  #following(ready: readonly Endpoint[]): number {
    const places = new Map(ready.map((endpoint, place) => [endpoint, place]))
    for (let step = 0; step < this.#ready.length; step++) {
      const endpoint = this.#ready[(this.#next + step) % this.#ready.length]
      const place = endpoint === undefined ? undefined : places.get(endpoint)
      if (place !== undefined) return place
    }
    return 0
  }
}
