const FIRST_MS = 250
const LONGEST_MS = 30_000
// A worker that has served this long did not fail because of how it began.
const SETTLED_MS = 10_000

/** How long to wait before a worker is replaced: not at all, then longer with each failure. */
export class BackOff {
  #failures = 0

  /** After a worker that was ready for so long, 0 when it never was. */
  next(readyMs: number): number {
    if (readyMs >= SETTLED_MS) this.#failures = 0
    const failures = this.#failures++
    return failures === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  }
}
