import type { StrategyUse } from '../contracts/uses.ts'

/** How evenly a strategy shares flows. */
export type Evenness =
  /** In each cycle, from the first on, every endpoint gets its share to the flow. */
  | 'turns'
  /** As honest dice would: a chi-square test over 100,000 flows, or more even than that. */
  | 'chance'
  /** Off the due share by at most this factor, such as 0.3: for hashing. */
  | number
  /** Not at all. */
  | 'none'

/** What a strategy promises. What is left out is the default. */
export interface Claims {
  /** Shares of equal endpoints. `'chance'` by default. */
  readonly fair?: Evenness
  /**
   * Shares by weight; `'load'` keeps flows under way in proportion. `'none'`, the default, is not
   * tested.
   */
  readonly weights?: Evenness | 'load'
  /** How the cost of a pick may grow with the number of endpoints. `'O(1)'` by default. */
  readonly cost?: 'O(1)' | 'O(log n)' | 'O(n)'
  /** So many different endpoints are drawn, each set as likely, and the one with the least in flight is taken. */
  readonly choices?: number
  /**
   * Equal keys get equal endpoints; when one of 100 leaves or joins, at most this share of the keys
   * that need not move does: 0 for a ring.
   */
  readonly moves?: number
  /** Whether it looks at load, latency or failures; an endpoint that fails fast must not gain by it. */
  readonly judges?: boolean
}

/** What a check is run on. */
export interface Subject {
  readonly claims: Required<Claims>
  /** A use of the strategy. */
  use(): StrategyUse
}

/** One property that a strategy must have. */
export interface Check {
  /** A sentence, for the name of a test. */
  readonly name: string
  /** @throws AssertionError that says what was found */
  run(): void
}
