import type { Duration } from '../../contracts/units.ts'

/** From where to where a figure may be. */
export interface Range<Value> {
  atLeast?: Value
  atMost?: Value
}

/** What must hold of a run. A bare value is the most, of `goodput` the least. */
export interface Expectation {
  /** Only what begins or ends from then on counts. From the end of the warm-up by default. */
  from?: Duration
  /** And until then. To the end by default. */
  to?: Duration
  /** Half of the calls that ended well took no longer, tries and waits included. */
  p50?: Duration | Range<Duration>
  p99?: Duration | Range<Duration>
  /** Of the requests that clients sent and that are over, the share that did not end well, 0 to 1. */
  errorShare?: number | Range<number>
  /** Calls that ended well, a second. */
  goodput?: number | Range<number>
  /** Attempts that reached endpoints, for each call that clients began. */
  amplification?: number | Range<number>
  /** Requests that clients sent in a run. */
  requests?: number | Range<number>
  /** When the last call of a run ended. */
  completion?: Duration | Range<Duration>
  /**
   * From the end of the last fault (from its beginning, if it never ends) until goodput is back at nine
   * tenths of what it was before the first one, and stays there; `never` if it must not.
   */
  timeToRecover?: Duration | 'never' | Range<Duration>
}
