import type { Verdict } from './rule.ts'

/** Where the counts of one rule are kept. */
export interface Store {
  /**
   * Takes from `least` to `most` for a key, or nothing; gives what it took and fills in the verdict.
   * A promise where it has to ask elsewhere; rejected when that fails.
   */
  take(key: string, least: number, most: number, verdict: Verdict): number | Promise<number>
}
