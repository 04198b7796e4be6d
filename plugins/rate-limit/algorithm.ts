/**
 * The arithmetic of one limit for one key. A key's state is a few whole numbers in `cells` from
 * `at`; all zero stands for a key that was never seen. Times are whole ticks of the limit, so that
 * nothing is rounded: two machines, or JavaScript and Lua, come to the same state to the digit. No
 * method reads a clock, and none makes an object.
 */
export interface Algorithm {
  /** How many numbers a key needs. */
  readonly cells: number
  /** Its number for the script that does the same in Redis. */
  readonly code: number
  /**
   * Brings a key to the present. A clock that went back gives nothing back: by up to a window it is
   * waited for, beyond that the key goes on from the new time with what it had used.
   */
  settle(cells: Float64Array, at: number, limit: Limit, now: number): void
  /** What may be taken now, as whole requests; `settle` comes before it. */
  left(cells: Float64Array, at: number, limit: Limit, now: number): number
  /** Ticks until `cost` may be taken if nothing else is; 0 for now, Infinity for never. */
  wait(cells: Float64Array, at: number, limit: Limit, now: number, cost: number): number
  /** Takes `cost`, of which `left` said that it is there. */
  add(cells: Float64Array, at: number, limit: Limit, cost: number): void
  /** Ticks until the key is as if it had never been seen; 0 if it is now. */
  reset(cells: Float64Array, at: number, limit: Limit, now: number): number
}

/** So many requests in a window, counted by an algorithm. */
export interface Limit {
  /** Names it to clients. */
  readonly name: string
  readonly algorithm: Algorithm
  /** Requests a window. */
  readonly quota: number
  /** Requests at once: the size of a token bucket; the quota where windows are counted. */
  readonly burst: number
  readonly windowMs: number
  /** The window in ticks. */
  readonly window: number
  /** Microseconds a tick. */
  readonly tickUs: number
}
