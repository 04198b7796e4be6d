/** A connection that waits for a place. */
export interface Waiting {
  /** There may be a place: takes it, or gives up; false if there is none and it waits on. */
  proceed(): boolean
}

/** Connections that wait for a place, first come, first served. */
export class WaitingLine {
  #most: number
  readonly #waiting = new Set<Waiting>()

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

  /** False when the line is full. */
  join(one: Waiting): boolean {
    if (this.#waiting.size >= this.#most) return false
    this.#waiting.add(one)
    return true
  }

  leave(one: Waiting): void {
    this.#waiting.delete(one)
  }

  /** A place may have become free. */
  move(): void {
    for (const one of this.#waiting) {
      if (!one.proceed()) return
      this.#waiting.delete(one)
    }
  }
}
