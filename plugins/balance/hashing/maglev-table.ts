import { type Endpoint, type EndpointSet, type Logger, mix32 } from '#core'
import type { Gate } from './gate.ts'
import type { Table } from './hashed.ts'
import type { Ranking } from './ranking.ts'

// With a tenth of the endpoints open, one key in 30 asks the ranking.
const TRIES = 32
const GOLDEN = 0x9e3779b9
const FREE = -1

/** A table whose slots belong to endpoints; a key is a slot's number. */
export class MaglevTable implements Table {
  readonly #size: number
  /** By slot: a place in `#endpoints`. */
  readonly #slots: Int32Array
  readonly #log: Logger
  #endpoints: readonly Endpoint[] = []
  #weights = new Float64Array(0)
  #isShort = false

  /** `size` is prime. */
  constructor(size: number, log: Logger) {
    this.#size = size
    this.#log = log
    this.#slots = new Int32Array(size)
  }

  update(ranking: Ranking): void {
    const { endpoints, weights } = ranking
    const isSame = sameIn(this.#endpoints, endpoints) && sameIn(this.#weights, weights)
    this.#endpoints = endpoints
    // All groups of a selector are told of a change in one of them.
    if (isSame) return
    this.#weights = weights.slice()
    this.#warn(endpoints.length)
    if (endpoints.length > 0) fill(this.#slots, ranking)
  }

  find(key: number, avoid: EndpointSet | undefined, gate: Gate): Endpoint | undefined {
    if (this.#endpoints.length === 0) return undefined
    let hash = key
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const endpoint = this.#endpoints[this.#slots[hash % this.#size] as number] as Endpoint
      if (gate.admits(endpoint, avoid)) return endpoint
      hash = mix32(key + Math.imul(attempt, GOLDEN))
    }
    return undefined
  }

  #warn(endpoints: number): void {
    const isShort = endpoints > this.#size
    if (isShort && !this.#isShort) {
      this.#log.warn(
        { endpoints, size: this.#size },
        'a Maglev table is too small for all endpoints',
      )
    }
    this.#isShort = isShort
  }
}

/**
 * Lets endpoints claim slots in rounds, each the next free one of its own order; one of weight w
 * comes in as many rounds as w is of the largest weight (Envoy's form). Rounds with nobody in them
 * cost nothing: each endpoint waits in the list of its next round. O(size * log size).
 */
function fill(slots: Int32Array, { endpoints, first, second, weights }: Ranking): void {
  const size = slots.length
  const most = weights.reduce((largest, weight) => Math.max(largest, weight), 0)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const lastRound = Math.ceil((size * most) / whole) + 1
  const count = endpoints.length
  const rounds = new Rounds(lastRound, count)
  const claimed = new Int32Array(count)
  const next = new Int32Array(count)
  const step = new Int32Array(count)
  for (const place of byId(endpoints)) {
    next[place] = ((first[place] as number) >>> 0) % size
    step[place] = (((second[place] as number) >>> 0) % (size - 1)) + 1
    rounds.add(1, place)
  }
  slots.fill(FREE)
  let left = size
  for (let round = 1; left > 0; round++) {
    for (let place = rounds.first(round); place >= 0 && left > 0; ) {
      const following = rounds.after(place)
      let slot = next[place] as number
      while (slots[slot] !== FREE) slot = moved(slot, step[place] as number, size)
      slots[slot] = place
      next[place] = moved(slot, step[place] as number, size)
      left--
      const claims = (claimed[place] as number) + 1
      claimed[place] = claims
      rounds.add(
        Math.max(round + 1, Math.ceil((claims * most) / (weights[place] as number))),
        place,
      )
      place = following
    }
  }
}

function sameIn<T>(some: ArrayLike<T>, others: ArrayLike<T>): boolean {
  if (some.length !== others.length) return false
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false
  return true
}

function moved(slot: number, step: number, size: number): number {
  const sum = slot + step
  return sum < size ? sum : sum - size
}

/** The places of endpoints in the order of their ids: the table must not depend on any other. */
function byId(endpoints: readonly Endpoint[]): number[] {
  const ids = endpoints.map(({ id }) => id)
  const places = ids.map((_id, place) => place)
  return places.sort((a, b) => ((ids[a] as string) < (ids[b] as string) ? -1 : 1))
}

/** Who claims in which round: a list for each round, first in, first out. */
class Rounds {
  readonly #heads: Int32Array
  readonly #tails: Int32Array
  readonly #next: Int32Array

  constructor(last: number, count: number) {
    this.#heads = new Int32Array(last + 1).fill(-1)
    this.#tails = new Int32Array(last + 1)
    this.#next = new Int32Array(count)
  }

  first(round: number): number {
    return this.#heads[round] as number
  }

  after(place: number): number {
    return this.#next[place] as number
  }

  /** Rounds after the last one never come: the table is full by then. */
  add(round: number, place: number): void {
    if (round >= this.#heads.length) return
    this.#next[place] = -1
    if (this.#heads[round] === -1) this.#heads[round] = place
    else this.#next[this.#tails[round] as number] = place
    this.#tails[round] = place
  }
}
