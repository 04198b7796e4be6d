/** A connection that waits for a place. */
export interface Waiting {
  /** Where the place is to be: those behind it that wait for the same one wait with it. */
  readonly waitsFor: object
  /** There may be a place: takes it, or gives up; false if there is none and it waits on. */
  proceed(): boolean
}

/** Connections that wait for a place, first come, first served: each among those that want the same. */
export class WaitingLine {
  #most: number
  readonly #waiting = new Set<Waiting>()
  #isMoving = false
  #isStale = false

  constructor(most: number) {
    this.#most = most
  }

  get length(): number {
    return this.#waiting.size
  }

  /** How many may wait. Those that do already stay. */
  configure(most: number): void {
    this.#most = most
  }

  /** False when the line is full. Whoever is in it already keeps its turn. */
  join(one: Waiting): boolean {
    if (this.#waiting.has(one)) return true
    if (this.#waiting.size >= this.#most) return false
    this.#waiting.add(one)
    return true
  }

  leave(one: Waiting): void {
    this.#waiting.delete(one)
  }

  /** A place may have become free. */
  move(): void {
    if (this.#waiting.size === 0) return
    this.#isStale = true
    // One that gives up makes a place itself: a long line of them must not become a deep stack.
    if (this.#isMoving) return
    this.#isMoving = true
    try {
      while (this.#isStale) this.#pass()
    } finally {
      this.#isMoving = false
    }
  }

  #pass(): void {
    this.#isStale = false
    const full = new Set<object>()
    for (const one of [...this.#waiting]) {
      if (full.has(one.waitsFor) || !this.#waiting.has(one)) continue
      if (one.proceed()) this.#waiting.delete(one)
      else full.add(one.waitsFor)
    }
  }
}
