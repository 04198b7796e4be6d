/** Undoes what it was returned for: a timer, a subscription. Calling it again does nothing. */
export type Cancel = () => void

/** The only source of time in the gateway; bound to CLOCK, virtual in simulations and tests. */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary origin. For measuring. */
  now(): number
  /** Milliseconds since the Unix epoch. For showing and for comparing with other machines. */
  wall(): number
  /**
   * Runs `run` once, `delayMs` from now; 0 means the next turn of the event loop.
   * A pending timer does not keep the process alive.
   */
  after(delayMs: number, run: () => void): Cancel
}

/** The only source of chance in the gateway; bound to RNG, seeded so that a run can be repeated. */
export interface Rng {
  /** An integer in [0, limit). `limit` is an integer from 1 to 2^32. */
  below(limit: number): number
  /** A number in [0, 1) with 32 random bits. */
  unit(): number
  /** An independent generator, the same for the same seed and label however much was drawn here. */
  fork(label: string): Rng
}
