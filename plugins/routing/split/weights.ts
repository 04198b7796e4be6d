/**
 * Shares of a whole, in the order in which they were given. A share is a range of [0, 1), each
 * beginning where the one before ends, so that who falls into it can be told from one number.
 *
 * With two shares nobody leaves the one that grows. With more, the same holds for the first and the
 * last; one in the middle grows at the border that moves.
 */
export class Weights {
  readonly names: readonly string[]
  /** Where each range ends, on [0, total). */
  readonly #ends: number[]
  #total = 0
  /** The last share above 0: what rounding may leave behind every range falls to it. */
  #last = 0

  /** @throws RangeError for weights that `problemWith` refuses */
  constructor(weights: Readonly<Record<string, number>>) {
    this.names = Object.keys(weights)
    this.#ends = this.names.map(() => 0)
    this.set(weights)
  }

  /**
   * Puts other weights in force, from the next pick on. Names that are left out get none.
   *
   * @throws RangeError for weights that `problemWith` refuses, and for a name that is not known;
   *   nothing has changed then
   */
  set(weights: Readonly<Record<string, number>>): void {
    const unknown = Object.keys(weights).find((name) => !this.names.includes(name))
    const problem = unknown === undefined ? problemWith(weights) : `"${unknown}" has no share`
    if (problem !== undefined) throw new RangeError(problem)
    this.#total = 0
    for (const [place, name] of this.names.entries()) {
      const weight = weights[name] ?? 0
      this.#total += weight
      this.#ends[place] = this.#total
      if (weight > 0) this.#last = place
    }
  }

  /** Whether the share at a place is above 0. */
  has(place: number): boolean {
    return (this.#ends[place] ?? 0) > (place === 0 ? 0 : (this.#ends[place - 1] ?? 0))
  }

  /** The place of the name whose range holds `point`, which is from 0 to below 1. O(names). */
  at(point: number): number {
    const reached = point * this.#total
    for (let place = 0; place < this.#last; place++) {
      if (reached < (this.#ends[place] as number)) return place
    }
    return this.#last
  }
}

/** What is wrong with some weights, as the end of a sentence; undefined when nothing is. */
export function problemWith(weights: Readonly<Record<string, number>>): string | undefined {
  let sum = 0
  for (const weight of Object.values(weights)) {
    if (!(weight >= 0)) return `must be 0 or more each, got ${weight}`
    sum += weight
  }
  if (sum === 0) return 'must not all be 0'
  // Beyond it a sum is not exact any more, and a small share would vanish in a large one.
  return sum > Number.MAX_SAFE_INTEGER ? 'must not add up to more than 2^53' : undefined
}
