import type { Endpoint, EndpointSet } from '#core'
import type { BoundedLoad } from './bounded-load.ts'

/** Says which endpoints a flow may go to, as an upstream does, so that a key finds its own next. */
export class Gate {
  readonly #load: BoundedLoad | undefined
  /** Held ones that a selector let in. */
  readonly #admitted = new Set<Endpoint>()

  constructor(load: BoundedLoad | undefined) {
    this.#load = load
  }

  update(ready: readonly Endpoint[]): void {
    this.#admitted.clear()
    for (const endpoint of ready) if (endpoint.holds !== 0) this.#admitted.add(endpoint)
    this.#load?.update(ready)
  }

  /** Open, and with room for one more where loads are bounded. */
  admits(endpoint: Endpoint, avoid: EndpointSet | undefined): boolean {
    if (!this.isOpen(endpoint, avoid)) return false
    return this.#load === undefined || this.#load.hasRoom(endpoint)
  }

  /** Neither full, nor held since the last update, nor to be avoided. */
  isOpen(endpoint: Endpoint, avoid: EndpointSet | undefined): boolean {
    if (endpoint.isFull || avoid?.has(endpoint)) return false
    if (endpoint.holds === 0) return true
    return endpoint.firmHolds === 0 && this.#admitted.has(endpoint)
  }
}
