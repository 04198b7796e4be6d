import { defineStrategy, type Endpoint, type Flow, type Strategy, Type } from '#core'
import { isTaken } from './load/taken.ts'

/**
 * Takes the first ready endpoint, in the config's order, that is not full: fills one after the other,
 * so that the last ones may be switched off while there is little to do. How much fits on one is the
 * upstream's `connections.max`; without it the first endpoint gets everything. O(k), where k are full.
 *
 * @example
 * balance: first(), connections: { max: 200 }
 */
export const first = defineStrategy({
  name: 'first',
  options: Type.Object({}),
  create: () => new First(),
})

class First implements Strategy {
  #ready: readonly Endpoint[] = []

  update(ready: readonly Endpoint[]): void {
    this.#ready = ready
  }

  pick(flow: Flow): Endpoint | undefined {
    const ready = this.#ready
    for (let place = 0; place < ready.length; place++) {
      const endpoint = ready[place] as Endpoint
      if (!isTaken(endpoint, flow)) return endpoint
    }
    return undefined
  }
}
