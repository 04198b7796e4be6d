import { type Endpoint, type EndpointSet, hash32, mix32 } from '#core'
import type { Gate } from './gate.ts'

const SECOND_SEED = 0x9e3779b9
const TWO_TO_32 = 2 ** 32

/**
 * The endpoints of the last update with two hashes of each id, and the order in which a key asks
 * them: rendezvous hashing (Thaler and Ravishankar 1998), weighted as Schindelhauer and Schomaker
 * do, by -w / ln(u). An endpoint that leaves takes its own keys with it and no others. O(n).
 *
 * Two hashes, because of 10,000 ids two share one of 32 bits once in a hundred sets: one of them
 * would never be chosen.
 */
export class Ranking {
  endpoints: readonly Endpoint[] = []
  /** By place in `endpoints`. */
  first = new Int32Array(0)
  second = new Int32Array(0)
  /** By place: rounded to 8 significant bits, so that 0.3 and 0.1 * 3 weigh the same everywhere. */
  weights = new Float64Array(0)
  #isEven = true

  update(ready: readonly Endpoint[]): void {
    this.endpoints = ready
    const size = ready.length
    if (this.first.length !== size) {
      this.first = new Int32Array(size)
      this.second = new Int32Array(size)
      this.weights = new Float64Array(size)
    }
    for (let place = 0; place < size; place++) {
      const { id, weight } = ready[place] as Endpoint
      this.first[place] = hash32(id)
      this.second[place] = hash32(id, SECOND_SEED)
      this.weights[place] = rounded(weight)
    }
    this.#isEven = this.weights.every((weight) => weight === this.weights[0])
  }

  /** The first endpoint in the key's order that the gate lets pass. */
  find(key: number, avoid: EndpointSet | undefined, gate: Gate): Endpoint | undefined {
    const { endpoints } = this
    let best: Endpoint | undefined
    let most = -1
    for (let place = 0; place < endpoints.length; place++) {
      const score = this.#score(key, place, most)
      if (score < most) continue
      const endpoint = endpoints[place] as Endpoint
      if (best !== undefined && score === most && best.id < endpoint.id) continue
      if (!gate.admits(endpoint, avoid)) continue
      best = endpoint
      most = score
    }
    return best
  }

  /** The endpoint that is open and has the least load for its weight; the key's order breaks ties. */
  least(key: number, avoid: EndpointSet | undefined, gate: Gate): Endpoint | undefined {
    const { endpoints, weights } = this
    let best: Endpoint | undefined
    let least = Number.POSITIVE_INFINITY
    let most = -1
    for (let place = 0; place < endpoints.length; place++) {
      const endpoint = endpoints[place] as Endpoint
      const load = endpoint.inflight / (weights[place] as number)
      if (load > least || !gate.isOpen(endpoint, avoid)) continue
      const score = this.#score(key, place, -1)
      if (load === least && score < most) continue
      best = endpoint
      least = load
      most = score
    }
    return best
  }

  /** The score of a place for a key; something below `most` where it cannot reach that. */
  #score(key: number, place: number, most: number): number {
    const hash = mix32((key ^ (this.first[place] as number)) + (this.second[place] as number))
    if (this.#isEven) return hash
    const unit = (hash + 0.5) / TWO_TO_32
    const weight = this.weights[place] as number
    // -ln(u) is at least 1 - u, and a logarithm costs more than all the rest.
    const bound = weight / (1 - unit)
    return bound < most ? bound : -weight / Math.log(unit)
  }
}

/** A number to 8 significant bits: whole numbers to 256 stay as they are, others move by 0.4 % at most. */
function rounded(weight: number): number {
  const step = 2 ** Math.max(-1_000, Math.floor(Math.log2(weight)) - 7)
  return Math.round(weight / step) * step
}
