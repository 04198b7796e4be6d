import type { Rng } from '#core'

/**
 * Draws places in proportion to weights, O(1) a draw and O(n) to build: the alias method (Walker,
 * 1977) as built by Vose (1991). Each column holds one place up to a limit and another one above it.
 */
export class AliasTable {
  readonly #rng: Rng
  readonly #limits: Float64Array
  readonly #others: Int32Array

  /** `weights` are above 0; there is at least one. */
  constructor(weights: Float64Array, rng: Rng) {
    const count = weights.length
    let total = 0
    for (const weight of weights) total += weight
    this.#rng = rng
    this.#limits = weights.map((weight) => (weight * count) / total)
    this.#others = Int32Array.from(weights, (_weight, place) => place)
    this.#pair()
  }

  draw(): number {
    const column = this.#rng.below(this.#limits.length)
    const isWithin = this.#rng.unit() < (this.#limits[column] as number)
    return isWithin ? column : (this.#others[column] as number)
  }

  // Two stacks in one array: columns with room from the left, those with too much from the right.
  #pair(): void {
    const [limits, others] = [this.#limits, this.#others]
    const stack = new Int32Array(limits.length)
    let roomy = 0
    let over = limits.length
    for (let place = 0; place < limits.length; place++) {
      stack[(limits[place] as number) < 1 ? roomy++ : --over] = place
    }
    while (roomy > 0 && over < limits.length) {
      const small = stack[--roomy] as number
      const large = stack[over] as number
      others[small] = large
      const left = (limits[large] as number) + (limits[small] as number) - 1
      limits[large] = left
      if (left >= 1) continue
      over++
      stack[roomy++] = large
    }
    // What is left over is 1 but for rounding.
    while (roomy > 0) limits[stack[--roomy] as number] = 1
  }
}
