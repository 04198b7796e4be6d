import type { Claims } from '../../core/conformance/claims.ts'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import * as plugins from '../../plugins/index.ts'

export { type Stand, StrategyBench, stands } from '../../core/conformance/bench.ts'

interface Standard {
  /** Its options where it cannot do without. */
  readonly options?: object
  readonly claims: Claims
}

/** What each strategy of the standard list claims. */
const CLAIMS: Readonly<Record<string, Standard>> = {
  first: { claims: { fair: 'none' } },
  leastConnections: { claims: { weights: 'load', cost: 'O(log n)', judges: true } },
  leastTime: { claims: { weights: 'load', cost: 'O(log n)', judges: true } },
  powerOfTwo: { claims: { weights: 'chance', choices: 2, judges: true } },
  random: { claims: { weights: 'chance' } },
  roundRobin: { claims: { fair: 'turns' } },
  weightedRoundRobin: { claims: { fair: 'turns', weights: 'turns' } },
  // Shares of a ring of 160 points differ by 8 %: three times that is rare among 16 endpoints.
  ringHash: { claims: { fair: 0.25, weights: 0.25, cost: 'O(log n)', moves: 0 } },
  maglev: { claims: { fair: 'chance', weights: 'chance', moves: 0.01 } },
  rendezvous: { claims: { fair: 'chance', weights: 'chance', cost: 'O(n)', moves: 0 } },
}

/** Standard strategies with options that make others of them. */
const VARIANTS: readonly [string, () => StrategyUse, Claims][] = [
  [
    'powerOfTwo peak-ewma',
    () => plugins.powerOfTwo({ load: 'peak-ewma' }),
    { weights: 'load', judges: true },
  ],
  ['powerOfTwo of 3', () => plugins.powerOfTwo({ choices: 3 }), { choices: 3, weights: 'load' }],
]

/** Every strategy of the standard list, by its name there, with options that it can do with. */
export function standardStrategies(): [string, () => StrategyUse, Claims][] {
  const found: [string, () => StrategyUse, Claims][] = []
  for (const [name, factory] of Object.entries(plugins)) {
    const { options = {}, claims } = CLAIMS[name] ?? { claims: undefined }
    const make = factory as unknown as (options: object) => unknown
    if (!isStrategyUse(make(options))) continue
    if (claims === undefined) throw new Error(`say what ${name} claims`)
    found.push([name, () => make(options) as StrategyUse, claims])
  }
  return [...found, ...VARIANTS]
}

function isStrategyUse(use: unknown): use is StrategyUse {
  return typeof use === 'object' && use !== null && 'kind' in use && use.kind === 'strategy'
}
