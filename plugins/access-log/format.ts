import type { Exchange, Outcome, Summary } from '#core'

/** Makes the line of one exchange, its newline included. `wall` is when it ended. */
export interface Format {
  line(exchange: Exchange, summary: Summary, outcome: Outcome, wall: number): string
}
