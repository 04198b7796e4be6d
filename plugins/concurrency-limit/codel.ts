/**
 * Tells a queue that drains from one that does not (CoDel: Nichols and Jacobson, "Controlling Queue
 * Delay", 2012; in the form that Maurer gives for servers, "Fail at Scale", ACM Queue 2015, and folly
 * has). A queue in which even the shortest wait of an interval was over the target is a standing one:
 * while it is, whoever waited for more than twice the target is given up.
 */
export class Codel {
  readonly #targetMs: number
  readonly #intervalMs: number
  #intervalEnd = 0
  #isFirst = true
  #leastMs = 0
  #isOverloaded = false

  constructor(targetMs: number, intervalMs: number) {
    this.#targetMs = targetMs
    this.#intervalMs = intervalMs
  }

  /** Whether to give up one whose turn it is after it waited for so many ms. */
  givesUp(waitedMs: number, now: number): boolean {
    if (now >= this.#intervalEnd) {
      this.#isOverloaded = !this.#isFirst && this.#leastMs > this.#targetMs
      this.#intervalEnd = now + this.#intervalMs
      this.#isFirst = true
    }
    if (this.#isFirst || waitedMs < this.#leastMs) this.#leastMs = waitedMs
    this.#isFirst = false
    return this.#isOverloaded && waitedMs > 2 * this.#targetMs
  }
}
