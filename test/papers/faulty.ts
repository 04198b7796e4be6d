import { leastConnections, leastTime, powerOfTwo, random, roundRobin } from 'sluice/plugins'
import { constant, exponential, normal, poisson } from 'sluice/testing'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import type { Reading, Run, Study } from './study.ts'

const MINUTE = 60_000

/** Linkerd's race of 2016: how many requests one slow endpoint of eleven makes fail. */
export const slowBackend: Study = {
  id: 'slow-backend',
  setUp:
    '11 endpoints of 167 ms, 1,000 requests a second for a minute; one takes 2 s for half of it; what share of requests is answered within 1 s',
  runs: [
    slow('round robin', roundRobin(), 95.46),
    slow('random', random()),
    slow('two choices', powerOfTwo(), 99.5),
    slow('least connections', leastConnections(), 99.57),
    slow('two choices, peak EWMA', powerOfTwo({ load: 'peak-ewma' }), 99.93),
    slow('least time', leastTime()),
  ],
}

/** The same with timeouts as a gateway has them: who comes too late is told so, and frees the endpoint. */
export const slowBackendCut: Study = {
  id: 'slow-backend-cut',
  setUp:
    'the same with `timeouts: { response: "1s" }`, so that a timeout is a failure and frees its endpoint',
  runs: [
    cut('round robin', roundRobin()),
    cut('two choices, failures not counted', powerOfTwo({ penalty: 0 })),
    cut('two choices', powerOfTwo()),
    cut('two choices, peak EWMA', powerOfTwo({ load: 'peak-ewma' })),
    cut('least connections', leastConnections()),
    cut('least time', leastTime()),
  ],
}

/** One endpoint fails fast and so looks idle: how much of the traffic it swallows. */
export const blackHole: Study = {
  id: 'black-hole-cap',
  setUp: '10 endpoints of 100 ms, 1,000 requests a second; one answers with an error after 1 ms',
  runs: [
    hole('round robin', roundRobin(), 10),
    hole('two choices, failures not counted', powerOfTwo({ penalty: 0 }), 20),
    hole('two choices', powerOfTwo()),
    hole('two choices, peak EWMA', powerOfTwo({ load: 'peak-ewma' })),
    hole('least connections, failures not counted', leastConnections({ penalty: 0 })),
    hole('least connections', leastConnections()),
    hole('least time', leastTime()),
  ],
}

function slow(name: string, balance: StrategyUse, expected?: number): Run {
  return {
    name,
    inTests: expected === undefined ? 0 : 1,
    scenario: {
      balance,
      arrivals: poisson(1_000),
      endpoints: [
        { service: normal(167, 5), count: 10 },
        {
          service: normal(167, 5),
          faults: [{ kind: 'slow', service: constant(2_000), from: 15_000, to: 45_000 }],
        },
      ],
      duration: MINUTE,
      slice: '1s',
    },
    readings: [percent('in time, %', expected, 0.1, ({ latency }) => latency.share(1_000))],
  }
}

function cut(name: string, balance: StrategyUse): Run {
  const { scenario, inTests } = slow(name, balance)
  return {
    name,
    inTests,
    scenario: { ...scenario, timeouts: { response: '1s' } },
    readings: [percent('success, %', undefined, 0, ({ success }) => success)],
  }
}

function hole(name: string, balance: StrategyUse, expected?: number): Run {
  return {
    name,
    inTests: expected === undefined ? 0 : 1,
    scenario: {
      balance,
      arrivals: poisson(1_000),
      endpoints: [
        { service: exponential(100), count: 9 },
        { service: 100, faults: [{ kind: 'fail', after: 1 }] },
      ],
      duration: MINUTE,
      warmUp: 1_000,
    },
    readings: [percent('share, %', expected, 1, ({ endpoints }) => endpoints.at(-1)?.share ?? 0)],
  }
}

function percent(
  what: string,
  expected: number | undefined,
  distance: number,
  read: Reading['read'],
): Reading {
  const reading = { what, read: (report: Parameters<typeof read>[0]) => 100 * read(report) }
  return expected === undefined ? reading : { ...reading, expected, tolerance: { distance } }
}
