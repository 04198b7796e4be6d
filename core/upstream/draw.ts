// The golden ratio's fraction: no other step spreads the points of a sequence more evenly, whichever
// part of it one looks at (Weyl's equidistribution; Knuth, TAOCP 6.4).
const STEP = 0.618_033_988_749_894_9

/** One number of [0, 1) for each flow of an upstream. A sequence, not chance: shares are met exactly. */
export class Draw {
  point = 0

  next(): void {
    const point = this.point + STEP
    this.point = point >= 1 ? point - 1 : point
  }
}
