const SLOTS = 10

/** What is counted of the attempts on one endpoint, or on all of them. */
export const REQUESTS = 0
/** Attempts that failed, and refusals for too much load. */
export const FAILURES = 1
/** Of the failures those without a first byte. */
export const UNANSWERED = 2
/** Attempts without a first byte for longer than a hanging endpoint is given. */
export const SLOW = 3
/** Successes whose latency was looked at. */
export const TIMED = 4
/** The sum of the logarithms of those latencies. */
export const LOG_LATENCY = 5
const FIELDS = 6

/** Sums over a window of ten slots that moves on by itself. Adding is O(1), without allocation. */
export class Counts {
  readonly #cells = new Float64Array(SLOTS * FIELDS)
  readonly #sums = new Float64Array(FIELDS)
  #slot = 0

  sum(field: number): number {
    return this.#sums[field] as number
  }

  /** Makes `slot` the newest one; earlier ones than it is already are left alone. */
  advance(slot: number): void {
    if (slot <= this.#slot) return
    const from = Math.max(this.#slot + 1, slot - SLOTS + 1)
    for (let gone = from; gone <= slot; gone++) this.#drop(gone % SLOTS)
    this.#slot = slot
  }

  /** Counts in the newest slot. */
  add(field: number, amount: number): void {
    const cell = (this.#slot % SLOTS) * FIELDS + field
    this.#cells[cell] = (this.#cells[cell] as number) + amount
    this.#sums[field] = (this.#sums[field] as number) + amount
  }

  /** Takes out what `other`, whose newest slot is the same, had a part in. */
  subtract(other: Counts): void {
    for (let cell = 0; cell < this.#cells.length; cell++) {
      this.#cells[cell] = (this.#cells[cell] as number) - (other.#cells[cell] as number)
    }
    for (let field = 0; field < FIELDS; field++) {
      this.#sums[field] = (this.#sums[field] as number) - (other.#sums[field] as number)
    }
  }

  clear(): void {
    this.#cells.fill(0)
    this.#sums.fill(0)
  }

  #drop(place: number): void {
    for (let field = 0; field < FIELDS; field++) {
      const cell = place * FIELDS + field
      this.#sums[field] = (this.#sums[field] as number) - (this.#cells[cell] as number)
      this.#cells[cell] = 0
    }
  }
}
