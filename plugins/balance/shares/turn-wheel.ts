import type { Rng } from '#core'
import type { Turns } from './turns.ts'

// Multiples of it leave the most even gaps on a circle, however many there are.
const GOLDEN = (Math.sqrt(5) - 1) / 2

interface Class {
  readonly first: number
  size: number
  seen: number
}

/**
 * Earliest deadline first on a wheel: a place of weight w has a turn each sum / w picks, and waits in
 * the slot of its next one. With one slot a pick and about as many slots as places, a pick looks at
 * two or three places, whatever their number and weights (a calendar queue: Brown, 1988). Turns that
 * lie more than one revolution ahead stay in their slot and are passed over.
 *
 * Places begin at different points of their interval, or the first picks would all fall on the same
 * ones. Each has its exact share of every cycle; where two have a turn at once, one waits.
 */
export class TurnWheel implements Turns {
  /** By place: picks between two turns, and the pick of the next one. */
  readonly #intervals: Float64Array
  readonly #due: Float64Array
  /** Lists of places: the first and last of each slot, and what follows a place in its slot. */
  readonly #firsts: Int32Array
  readonly #lasts: Int32Array
  readonly #following: Int32Array
  readonly #mask: number
  #now = 0
  /** The place of the slot that is looked at next, and the one before it; -1 for none. */
  #at: number
  #before = -1

  /** `owed` is by place; at least one place is needed. */
  constructor(weights: Float64Array, owed: Float64Array, rng: Rng) {
    const count = weights.length
    const slots = 2 ** Math.ceil(Math.log2(count))
    let total = 0
    for (const weight of weights) total += weight
    this.#intervals = weights.map((weight) => total / weight)
    this.#due = new Float64Array(count)
    this.#firsts = new Int32Array(slots).fill(-1)
    this.#lasts = new Int32Array(slots).fill(-1)
    this.#following = new Int32Array(count).fill(-1)
    this.#mask = slots - 1
    const phases = owed.some(Number.isNaN) ? evenPhases(weights, rng.unit()) : owed
    for (let place = 0; place < count; place++) {
      const before = owed[place] as number
      const wait = Number.isNaN(before) ? (phases[place] as number) : 0.5 - before
      this.#due[place] = Math.min(1, Math.max(0, wait)) * (this.#intervals[place] as number)
      this.#append(place)
    }
    this.#at = this.#firsts[0] as number
  }

  next(): number {
    for (;;) {
      for (let place = this.#at; place !== -1; place = this.#following[place] as number) {
        if ((this.#due[place] as number) < this.#now + 1) return this.#take(place)
        this.#before = place
      }
      this.#now++
      this.#before = -1
      this.#at = this.#firsts[this.#now & this.#mask] as number
    }
  }

  owed(place: number): number {
    return 0.5 - ((this.#due[place] as number) - this.#now) / (this.#intervals[place] as number)
  }

  /** Ends the turn of a place of the slot in which the wheel stands. */
  #take(place: number): number {
    const slot = this.#now & this.#mask
    const before = this.#before
    const after = this.#following[place] as number
    if (before === -1) this.#firsts[slot] = after
    else this.#following[before] = after
    if (after === -1) this.#lasts[slot] = before
    this.#at = after
    this.#due[place] = (this.#due[place] as number) + (this.#intervals[place] as number)
    this.#append(place)
    return place
  }

  // Last in its slot, so that two places of one slot keep their order in each cycle.
  #append(place: number): void {
    const slot = (this.#due[place] as number) & this.#mask
    const last = this.#lasts[slot] as number
    if (last === -1) this.#firsts[slot] = place
    else this.#following[last] = place
    this.#following[place] = -1
    this.#lasts[slot] = place
  }
}

/**
 * Where in its interval each place begins, from 0 to 1. Places of one weight follow each other at even
 * distances, in order; those of the next weight begin elsewhere.
 */
function evenPhases(weights: Float64Array, first: number): Float64Array {
  const classes = new Map<number, Class>()
  for (const weight of weights) {
    const known = classes.get(weight)
    if (known === undefined) {
      classes.set(weight, { first: first + classes.size * GOLDEN, size: 1, seen: 0 })
    } else known.size++
  }
  return weights.map((weight) => {
    const of = classes.get(weight) as Class
    return (of.first + of.seen++ / of.size) % 1
  })
}
