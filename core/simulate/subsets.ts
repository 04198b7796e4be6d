import type { Rng } from '../contracts/clock.ts'

/**
 * Which endpoints each of many gateways knows: deterministic subsetting ("Site Reliability
 * Engineering", 2016, chapter 20). The gateways form rounds; in each the endpoints are shuffled and dealt
 * out, so that over whole rounds every endpoint is known to equally many gateways.
 */
export class Subsets {
  readonly #count: number
  readonly #size: number
  readonly #rng: Rng
  #round = -1
  #dealt: readonly number[] = []

  constructor(count: number, size: number, rng: Rng) {
    this.#count = count
    this.#size = Math.min(size, count)
    this.#rng = rng
  }

  /** The places of the endpoints that a gateway knows, ascending; gateways in order. */
  of(gateway: number): readonly number[] {
    const perRound = Math.max(1, Math.floor(this.#count / this.#size))
    const round = Math.floor(gateway / perRound)
    if (round !== this.#round) {
      this.#round = round
      this.#dealt = this.#shuffled(this.#rng.fork(String(round)))
    }
    const from = (gateway % perRound) * this.#size
    return this.#dealt.slice(from, from + this.#size).sort((a, b) => a - b)
  }

  #shuffled(rng: Rng): readonly number[] {
    const places = Array.from({ length: this.#count }, (_, place) => place)
    for (let last = places.length - 1; last > 0; last--) {
      const other = rng.below(last + 1)
      const kept = places[last] as number
      places[last] = places[other] as number
      places[other] = kept
    }
    return places
  }
}
