import type { Clock } from '../contracts/clock.ts'
import type { LiveEndpoint } from './endpoint.ts'

/** When the first of an upstream's endpoints comes free of its holds; worked out when asked. */
export class Reopening {
  readonly #clock: Clock
  /** In ms since the Unix epoch; Infinity if no hold says; undefined until somebody asks. */
  #at: number | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A hold began or ended, or an endpoint came or went. */
  changed(): void {
    this.#at = undefined
  }

  /** Ms until then, 0 where no hold says. */
  inMs(endpoints: readonly LiveEndpoint[]): number {
    this.#at ??= earliestOf(endpoints)
    return this.#at < Number.POSITIVE_INFINITY ? Math.max(0, this.#at - this.#clock.wall()) : 0
  }
}

function earliestOf(endpoints: readonly LiveEndpoint[]): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const { timeline } of endpoints) earliest = Math.min(earliest, timeline.until)
  return earliest
}
