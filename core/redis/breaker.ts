import type { Rng } from '../contracts/clock.ts'

// Fewer could be one hiccup of a busy process; each costs a caller its whole patience.
const FAILURES = 5
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Counts calls that failed in a row, and says for how long nobody should call. */
export class Breaker {
  readonly #rng: Rng
  #failures = 0
  #openings = 0
  isOpen = false

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** Only an answer that came in time shows that it is well again: pauses begin short after it. */
  succeeded(): void {
    this.#failures = 0
    this.#openings = 0
  }

  /** Whether this failure opens it. */
  failed(): boolean {
    if (this.isOpen || ++this.#failures < FAILURES) return false
    this.isOpen = true
    return true
  }

  /** How long to wait before it is asked again: half to once of what doubles with each time. */
  pauseMs(): number {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#openings++)
    return longest * (0.5 + this.#rng.unit() / 2)
  }

  close(): void {
    this.isOpen = false
    this.#failures = 0
  }
}
