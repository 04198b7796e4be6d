import { remedy } from '../config/suggest.ts'
import { shown } from '../config/validate.ts'
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
 * @throws TypeError when a claim is none of `Claims`, since nothing would hold it against the strategy
 * @example
 * for (const { name, run } of conformance(() => fastestOfThree(), { judges: true })) {
 *   test(`fastest of three: ${name}`, run)
 * }
 */
export function conformance(use: () => StrategyUse, claims: Claims = {}): Check[] {
  refuseNonsense(claims)
  const subject: Subject = { use, claims: { ...MODEST, ...claims } }
  return [
    ...snapshotChecks(subject),
    ...fairnessChecks(subject),
    ...loadChecks(subject),
    ...keyChecks(subject),
    ...costChecks(subject),
  ]
}

const EVENNESS = ['turns', 'chance', 'none']

// What a claim that is not a number may be; those that are not here are numbers alone.
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  fair: EVENNESS,
  weights: [...EVENNESS, 'load'],
  cost: ['O(1)', 'O(log n)', 'O(n)'],
  judges: [true, false],
}
const NUMBERS: readonly string[] = ['fair', 'weights', 'choices', 'moves']

function refuseNonsense(claims: object): void {
  for (const [name, claim] of Object.entries(claims)) {
    if (!(name in MODEST)) {
      throw new TypeError(`unknown claim "${name}"; ${remedy(name, Object.keys(MODEST))}`)
    }
    const words = WORDS[name] ?? []
    if (words.includes(claim)) continue
    if (NUMBERS.includes(name) && typeof claim === 'number' && !Number.isNaN(claim)) continue
    const forms = [...words.map(shown), ...(NUMBERS.includes(name) ? ['a number'] : [])]
    throw new TypeError(`the claim "${name}" must be ${forms.join(', ')}, got ${shown(claim)}`)
  }
}
