const SLOTS = 10
const FIELDS = 3
const CALLS = 0
const FAILURES = 1
const SLOW = 2

/** What happened lately. */
export interface Counts {
  readonly calls: number
  readonly failures: number
  /** Of all calls those that took too long. */
  readonly slow: number
}

/** Counts over ten slots that move on as time does: exact to a tenth. Adding is O(1). */
export class SlidingWindow implements Counts {
  calls = 0
  failures = 0
  slow = 0
  readonly #slotMs: number
  readonly #cells = new Uint32Array(SLOTS * FIELDS)
  #slot = 0

  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS
  }

  /** Brings the sums up to a time. */
  advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#slot) return
    const from = Math.max(this.#slot + 1, slot - SLOTS + 1)
    for (let gone = from; gone <= slot; gone++) this.#drop((gone % SLOTS) * FIELDS)
    this.#slot = slot
  }

  /** Counts a call; `advance` comes first. */
  add(isFailure: boolean, isSlow: boolean): void {
    this.#count(CALLS)
    this.calls++
    if (isFailure) this.addFailure()
    if (!isSlow) return
    this.#count(SLOW)
    this.slow++
  }

  /** A call that has been counted turns out to be a failure. */
  addFailure(): void {
    this.#count(FAILURES)
    this.failures++
  }

  clear(): void {
    this.#cells.fill(0)
    this.calls = 0
    this.failures = 0
    this.slow = 0
  }

  #count(field: number): void {
    const cell = (this.#slot % SLOTS) * FIELDS + field
    this.#cells[cell] = (this.#cells[cell] as number) + 1
  }

  #drop(cell: number): void {
    this.calls -= this.#cells[cell + CALLS] as number
    this.failures -= this.#cells[cell + FAILURES] as number
    this.slow -= this.#cells[cell + SLOW] as number
    this.#cells.fill(0, cell, cell + FIELDS)
  }
}
