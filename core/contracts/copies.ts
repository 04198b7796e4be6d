import type { Outcome } from './flow.ts'

/** What a copy of a request may cost. */
export interface CopyLimits {
  /** A request whose body is larger is not copied. */
  readonly maxBodyBytes: number
  /** For the whole copy, its answer included. */
  readonly timeoutMs: number
  /** Called once for each copy, when it is over; maybe before `copyTo` returns. */
  readonly finished?: (copy: RequestCopy) => void
}

/** A copy of a request on its way to another upstream. Nobody waits for it. */
export interface RequestCopy {
  readonly isOver: boolean
  /** How it ended; undefined before that, and for one that was never sent. */
  readonly outcome: Outcome | undefined
  /** Gives it up. */
  abort(): void
}
