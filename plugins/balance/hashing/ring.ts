import type { Endpoint, EndpointSet } from '#core'
import type { Gate } from './gate.ts'
import type { Table } from './hashed.ts'
import { type NumberedPoints, sortedRun } from './point-run.ts'
import type { Ranking } from './ranking.ts'
import { RingPoints } from './ring-points.ts'

// With a tenth of the endpoints open, one key in 800 goes on to the ranking.
const LONGEST_WALK = 64
// They take 40 MB; without an end, weights such as 1,000 would ask for any amount.
const MOST_POINTS = 2 ** 22

/** An endpoint's part of the ring: its points numbered below `count`. */
interface Stand {
  readonly endpoint: Endpoint
  readonly first: number
  readonly second: number
  readonly count: number
}

/**
 * A ring of points, each of which takes the keys between the one before it and itself. A change
 * makes, sorts and merges only the points that come and go: those of an endpoint are numbered, and
 * a lighter one lacks the last of them.
 */
export class Ring implements Table {
  readonly #perWeight: number
  readonly #points = new RingPoints()
  /** By index of the endpoint, the name by which points know their owner. */
  #stands: Stand[] = []
  #endpoints: Endpoint[] = []
  #present: readonly Stand[] = []

  /** `perWeight` is how many points a unit of weight has. */
  constructor(perWeight: number) {
    this.#perWeight = perWeight
  }

  update(ranking: Ranking): void {
    const present = this.#arranged(ranking)
    const stands: Stand[] = []
    this.#endpoints = []
    for (const stand of present) {
      const { endpoint } = stand
      stands[endpoint.index] = stand
      this.#endpoints[endpoint.index] = endpoint
    }
    const coming = missingFrom(this.#stands, present)
    const going = missingFrom(stands, this.#present)
    this.#stands = stands
    this.#present = present
    const idOf = (owner: number): string => stands[owner]?.endpoint.id ?? ''
    this.#points.change(sortedRun(going), sortedRun(coming), idOf)
  }

  find(key: number, avoid: EndpointSet | undefined, gate: Gate): Endpoint | undefined {
    const { size, owners } = this.#points
    if (size === 0) return undefined
    let at = this.#points.position(key)
    for (let step = Math.min(size, LONGEST_WALK); step > 0; step--) {
      const endpoint = this.#endpoints[owners[at] as number] as Endpoint
      if (gate.admits(endpoint, avoid)) return endpoint
      at = at + 1 === size ? 0 : at + 1
    }
    return undefined
  }

  /** Each endpoint with its number of points, at least one; halved for all until they are few enough. */
  #arranged({ endpoints, first, second, weights }: Ranking): Stand[] {
    const most = Math.max(MOST_POINTS, endpoints.length)
    let perWeight = this.#perWeight
    while (totalOf(weights, perWeight) > most) perWeight /= 2
    return endpoints.map((endpoint, place) => ({
      endpoint,
      first: first[place] as number,
      second: second[place] as number,
      count: countOf(weights[place] as number, perWeight),
    }))
  }
}

/** The points of `stands` that the endpoints of the same index and id do not have in `others`. */
function missingFrom(others: readonly Stand[], stands: readonly Stand[]): NumberedPoints[] {
  const missing: NumberedPoints[] = []
  for (const { endpoint, first, second, count } of stands) {
    const other = others[endpoint.index]
    const from = other !== undefined && other.endpoint.id === endpoint.id ? other.count : 0
    if (from < count) {
      missing.push({ owner: endpoint.index, id: endpoint.id, first, second, from, to: count })
    }
  }
  return missing
}

function totalOf(weights: Float64Array, perWeight: number): number {
  return weights.reduce((total, weight) => total + countOf(weight, perWeight), 0)
}

function countOf(weight: number, perWeight: number): number {
  return Math.max(1, Math.round(weight * perWeight))
}
