import type { Endpoint } from '#core'

// A quotient that is whole may come out one bit above: 1.1 * 10 does.
const ROUNDING = 1 - 1e-12

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): of m flows under
 * way and one more, an endpoint takes at most c * (m + 1) * w / W, rounded up. These capacities add
 * up to more than m, so one endpoint has room always. O(1).
 */
export class BoundedLoad {
  readonly #factor: number
  #total = 0
  #whole = 0
  #ready: readonly Endpoint[] = []
  #turn = 0
  /** By index of the endpoint. */
  #members: Endpoint[] = []
  #weights: number[] = []
  #counted: number[] = []

  /** `factor` is c, above 1. */
  constructor(factor: number) {
    this.#factor = factor
  }

  update(ready: readonly Endpoint[]): void {
    this.#total = 0
    this.#whole = 0
    this.#ready = ready
    this.#members = []
    for (const endpoint of ready) {
      const { index, inflight, weight } = endpoint
      this.#members[index] = endpoint
      this.#weights[index] = weight
      this.#counted[index] = inflight
      this.#total += inflight
      this.#whole += weight
    }
  }

  /**
   * Takes an endpoint's flows into the total, as one of them began or ended; and those of another
   * endpoint in turn, since flows of before a reload are settled elsewhere, unseen.
   */
  count(endpoint: Endpoint): void {
    this.#recount(endpoint)
    const next = this.#ready[this.#turn]
    this.#turn = next === undefined ? 0 : this.#turn + 1
    if (next !== undefined) this.#recount(next)
  }

  hasRoom(endpoint: Endpoint): boolean {
    this.#recount(endpoint)
    const weight = this.#weights[endpoint.index] as number
    const share = (this.#factor * (this.#total + 1) * weight) / this.#whole
    return endpoint.inflight < Math.ceil(share * ROUNDING)
  }

  #recount(endpoint: Endpoint): void {
    const { index, inflight } = endpoint
    if (this.#members[index] !== endpoint) return
    this.#total += inflight - (this.#counted[index] as number)
    this.#counted[index] = inflight
  }
}
