import type { StrategyUse } from '../contracts/uses.ts'
import type { Check, Claims, Subject } from './claims.ts'
import { costChecks } from './cost-checks.ts'
import { fairnessChecks } from './fairness-checks.ts'
import { keyChecks } from './key-checks.ts'
import { loadChecks } from './load-checks.ts'
import { snapshotChecks } from './snapshot-checks.ts'

/** The defaults of `Claims`. */
const MODEST: Required<Claims> = {
  fair: 'chance',
  weights: 'none',
  cost: 'O(1)',
  choices: 1,
  moves: -1,
  judges: false,
}

/**
 * What a balancing strategy must do and what it claims to, as checks for any test runner. All of
 * them are deterministic but the one about cost, which tells growth apart by orders of magnitude.
 *
 * @example
 * for (const { name, run } of conformance(() => fastestOfThree(), { judges: true })) {
 *   test(`fastest of three: ${name}`, run)
 * }
 */
export function conformance(use: () => StrategyUse, claims: Claims = {}): Check[] {
  const subject: Subject = { use, claims: { ...MODEST, ...claims } }
  return [
    ...snapshotChecks(subject),
    ...fairnessChecks(subject),
    ...loadChecks(subject),
    ...keyChecks(subject),
    ...costChecks(subject),
  ]
}
