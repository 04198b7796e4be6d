// A page that is left resets a hundred at once, a search field ten a second; an attack thousands.
const MOST = 200
const BACK_PER_SECOND = 20

/** How many requests a session may still give up on: a bucket that fills again. */
export class ResetAllowance {
  #left = MOST
  #at: number

  /** Takes ms of the monotonic clock, here and below. */
  constructor(now: number) {
    this.#at = now
  }

  /** Counts one; false when that was one too many. */
  take(now: number): boolean {
    const back = ((now - this.#at) / 1_000) * BACK_PER_SECOND
    this.#at = now
    this.#left = Math.min(MOST, this.#left + back) - 1
    return this.#left >= 0
  }
}
