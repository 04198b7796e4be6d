// The golden ratio's fraction: no other step spreads the points of a sequence more evenly, whichever
// part of it one looks at (Weyl's equidistribution; Knuth, TAOCP 6.4).
const STEP = 0.618_033_988_749_894_9

/** What stands for no point. */
export const NO_POINT = -1

/** One number of [0, 1) for each flow of an upstream. A sequence, not chance: shares are met exactly. */
export class Draw {
  /** That of the flow that looks for its endpoint. */
  point = 0
  #latest = 0

  /** A flow looks for its endpoint, by the point that it has, or by a new one; gives that. */
  turnTo(kept: number): number {
    if (kept === NO_POINT) {
      const point = this.#latest + STEP
      this.#latest = point >= 1 ? point - 1 : point
    }
    this.point = kept === NO_POINT ? this.#latest : kept
    return this.point
  }
}
