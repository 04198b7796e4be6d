import type { Rng } from '#core'

/**
 * The place of the lowest cost, each of those that tie equally likely: a tournament tree whose nodes
 * know their lowest cost and how many places have it. O(log n) to change a cost and to draw.
 */
export class Lowest {
  readonly #rng: Rng
  /** Nodes by number: the root is 1, the children of i are 2i and 2i + 1, leaves stand in the last half. */
  #costs = new Float64Array(2).fill(Number.POSITIVE_INFINITY)
  #counts = new Int32Array(2)
  #leaves = 1

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** Takes the costs of all places anew. O(n). */
  reset(costs: Float64Array): void {
    const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, costs.length)))
    if (leaves !== this.#leaves) {
      this.#leaves = leaves
      this.#costs = new Float64Array(2 * leaves)
      this.#counts = new Int32Array(2 * leaves)
    }
    this.#costs.fill(Number.POSITIVE_INFINITY, leaves)
    this.#costs.set(costs, leaves)
    for (let node = 2 * leaves - 1; node >= leaves; node--) {
      this.#counts[node] = this.#costs[node] === Number.POSITIVE_INFINITY ? 0 : 1
    }
    for (let node = leaves - 1; node > 0; node--) this.#play(node)
  }

  /** Infinity takes a place out. */
  set(place: number, cost: number): void {
    let node = this.#leaves + place
    if (this.#costs[node] === cost) return
    this.#costs[node] = cost
    this.#counts[node] = cost === Number.POSITIVE_INFINITY ? 0 : 1
    while (node > 1) {
      node >>= 1
      if (!this.#play(node)) return
    }
  }

  costOf(place: number): number {
    return this.#costs[this.#leaves + place] as number
  }

  /** A place of the lowest cost; -1 when all are out. */
  draw(): number {
    const tied = this.#counts[1] as number
    if (tied === 0) return -1
    const cost = this.#costs[1] as number
    let skipped = tied === 1 ? 0 : this.#rng.below(tied)
    let node = 1
    while (node < this.#leaves) {
      node *= 2
      if (this.#costs[node] !== cost) node++
      else if (skipped >= (this.#counts[node] as number)) skipped -= this.#counts[node++] as number
    }
    return node - this.#leaves
  }

  /** Takes what the children of a node say; false if that is what it said before. */
  #play(node: number): boolean {
    const left = this.#costs[2 * node] as number
    const right = this.#costs[2 * node + 1] as number
    const cost = left < right ? left : right
    const count =
      (left === cost ? (this.#counts[2 * node] as number) : 0) +
      (right === cost ? (this.#counts[2 * node + 1] as number) : 0)
    if (this.#costs[node] === cost && this.#counts[node] === count) return false
    this.#costs[node] = cost
    this.#counts[node] = count
    return true
  }
}
