import type { Turns } from './turns.ts'

/**
 * Smooth weighted round robin, as in nginx (Valery Kholodkov's patch, 2012): each pick credits every
 * place with its weight, takes the one with the most credit, and charges it the sum of all weights.
 * In each cycle, as many picks as the sum of whole weights, every place comes as often as its
 * weight says, as evenly spread as can be: 5, 1, 1 gives a a b a c a a. O(n) a pick.
 */
export class SmoothTurns implements Turns {
  readonly #weights: Float64Array
  readonly #credits: Float64Array
  readonly #total: number

  /** `owed` is by place; at least one place is needed. */
  constructor(weights: Float64Array, owed: Float64Array) {
    let total = 0
    let sum = 0
    for (const weight of weights) total += weight
    for (const one of owed) sum += one || 0
    this.#weights = weights
    this.#total = total
    // Credits must add up to nothing: what those who left took along is paid by all, or a debt that
    // nobody pays back would starve someone.
    this.#credits = owed.map((one, place) => (one || 0) * total - sum * (weights[place] as number))
  }

  next(): number {
    const [weights, credits] = [this.#weights, this.#credits]
    let best = 0
    let most = Number.NEGATIVE_INFINITY
    for (let place = 0; place < credits.length; place++) {
      const credit = (credits[place] as number) + (weights[place] as number)
      credits[place] = credit
      if (credit > most) {
        most = credit
        best = place
      }
    }
    credits[best] = most - this.#total
    return best
  }

  owed(place: number): number {
    return (this.#credits[place] as number) / this.#total
  }
}
