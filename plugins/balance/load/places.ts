import type { Endpoint } from '#core'

/** Where the ready endpoints stand in the list of the last update. */
export class Places {
  #ready: readonly Endpoint[] = []
  #byIndex = new Int32Array(16)

  update(ready: readonly Endpoint[]): void {
    this.#ready = ready
    for (let place = 0; place < ready.length; place++) {
      const { index } = ready[place] as Endpoint
      if (index >= this.#byIndex.length) this.#grow(index)
      this.#byIndex[index] = place
    }
  }

  /** The place of an endpoint; -1 for one that is not ready, whoever has its index now. */
  of(endpoint: Endpoint): number {
    const place = this.#byIndex[endpoint.index]
    return place !== undefined && this.#ready[place] === endpoint ? place : -1
  }

  #grow(index: number): void {
    const grown = new Int32Array(2 * (index + 1))
    grown.set(this.#byIndex)
    this.#byIndex = grown
  }
}
