import { powerOfTwo, random } from 'sluice/plugins'
import { trace } from 'sluice/testing'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import type { Run, Study } from './study.ts'

const BINS = 2 ** 16

/** As many requests as endpoints, none of which ends: what the fullest endpoint has. */
export const balls: Study = {
  id: 'balls-bins',
  setUp: `${BINS.toLocaleString('en')} requests that do not end, at as many endpoints: the most that one has`,
  runs: [
    // 7 to 9, and 3 or 4, by the table of exact simulations.
    runOf('one choice', random(), 8, 1),
    runOf('two choices', powerOfTwo(), 3.5, 0.5),
    runOf('three choices', powerOfTwo({ choices: 3 }), 3, 0),
  ],
}

function runOf(name: string, balance: StrategyUse, expected: number, distance: number): Run {
  return {
    name,
    inTests: 1,
    scenario: {
      balance,
      arrivals: trace(new Array<number>(BINS).fill(0)),
      endpoints: [{ service: 0, faults: [{ kind: 'hang' }], count: BINS }],
      duration: 1,
      timeouts: { response: 0 },
    },
    readings: [
      {
        what: 'most',
        expected,
        tolerance: { distance },
        read: ({ endpoints }) => Math.max(...endpoints.map(({ attempts }) => attempts)),
      },
    ],
  }
}
