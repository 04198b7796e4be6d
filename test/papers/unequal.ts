import { CLOCK, definePlugin, type Hold, Type } from 'sluice'
import {
  leastConnections,
  leastTime,
  powerOfTwo,
  random,
  roundRobin,
  weightedRoundRobin,
} from 'sluice/plugins'
import { type EndpointModel, exponential, poisson } from 'sluice/testing'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import type { Reading, Run, Study } from './study.ts'

const SERVICE_MS = 10
const FAST = 10
const SLOW = 10
const LOAD = 0.5
const CAPACITY = FAST + SLOW / 2

/** Half of the endpoints are half as fast. */
export const heterogeneous: Study = {
  id: 'heterogeneous',
  setUp: `${FAST} endpoints and ${SLOW} of half the speed, 4 gateways that see their own requests only, load ${LOAD}; times in services of a fast one`,
  runs: [
    uneven('random', random(), 1, 4.8, 31),
    uneven('round robin', roundRobin(), 1, 3.2, 18.5),
    uneven('weighted round robin', weightedRoundRobin(), 2, 2.08, 10.5),
    uneven('two choices', powerOfTwo(), 1, 2.57, 13.5),
    uneven('two choices, weighted', powerOfTwo(), 2, 2.08, 9.8),
    uneven('least connections', leastConnections(), 1, 2.35, 12),
    uneven('least connections, weighted', leastConnections(), 2, 1.95, 7.5),
    uneven('two choices, peak EWMA', powerOfTwo({ load: 'peak-ewma' }), 1, 2.15, 10.7),
    uneven('two choices, peak EWMA, weighted', powerOfTwo({ load: 'peak-ewma' }), 2),
    uneven('least time', leastTime(), 1),
    uneven('least time, weighted', leastTime(), 2),
  ],
}

function uneven(
  name: string,
  balance: StrategyUse,
  weight: number,
  mean?: number,
  p99?: number,
): Run {
  const perSecond = (LOAD * CAPACITY * 1_000) / SERVICE_MS
  return {
    name,
    inTests: mean === undefined ? 0 : 0.2,
    scenario: {
      balance,
      gateways: 4,
      arrivals: poisson(perSecond),
      endpoints: [
        { service: exponential(SERVICE_MS), servers: 1, count: FAST, weight },
        { service: exponential(2 * SERVICE_MS), servers: 1, count: SLOW },
      ],
      duration: Math.ceil((1_500_000 / perSecond) * 1_000),
      timeouts: { response: 0 },
    },
    readings: [
      times('mean', mean, ({ latency }) => latency.mean / SERVICE_MS),
      times('p99', p99, ({ latency }) => latency.quantile(0.99) / SERVICE_MS),
    ],
  }
}

function times(what: string, expected: number | undefined, read: Reading['read']): Reading {
  return expected === undefined
    ? { what, read }
    : { what, expected, tolerance: { share: 0.06 }, read }
}

const JOINS_MS = 20_000
const WARM_MS = 25_000
const LATE: EndpointModel = {
  service: exponential(SERVICE_MS),
  servers: 4,
  id: 'late',
  faults: [{ kind: 'slow', factor: 4, to: WARM_MS }],
}

/** Holds the endpoint `late` until it joins. */
const joinLate = definePlugin({
  name: 'join-late',
  options: Type.Object({}),
  inject: [CLOCK],
  create: (_options, clock) => ({
    upstream(upstream) {
      const late = upstream.endpoints.filter(({ id }) => id === 'late')
      const holds: Hold[] = late.map((endpoint) => upstream.hold(endpoint, 'maintenance'))
      clock.after(JOINS_MS, () => {
        for (const hold of holds) hold.release()
      })
    },
  }),
})

/** An endpoint joins a busy group, and its caches are cold. */
export const coldJoiner: Study = {
  id: 'cold-joiner',
  setUp: `9 endpoints of 4 servers at a load of 0.8; a tenth joins after ${JOINS_MS / 1_000} s and takes four times as long for 5 s. What requests take in the worst of these seconds, in services`,
  runs: [
    joining('round robin', roundRobin()),
    joining('random', random()),
    joining('two choices', powerOfTwo()),
    joining('two choices, peak EWMA', powerOfTwo({ load: 'peak-ewma' })),
    joining('least connections', leastConnections()),
    joining('least time', leastTime()),
  ],
}

function joining(name: string, balance: StrategyUse): Run {
  const perSecond = (0.8 * 9 * 4 * 1_000) / SERVICE_MS
  const worst = (part: 'p99Ms' | 'maxMs'): Reading['read'] => {
    return ({ slices }) => {
      const cold = slices.filter(({ fromMs }) => fromMs >= JOINS_MS && fromMs < WARM_MS)
      return Math.max(...cold.map((slice) => slice[part])) / SERVICE_MS
    }
  }
  return {
    name,
    inTests: 0,
    scenario: {
      balance,
      arrivals: poisson(perSecond),
      endpoints: [{ service: exponential(SERVICE_MS), servers: 4, count: 9 }, LATE],
      plugins: [joinLate()],
      duration: 40_000,
      slice: '1s',
    },
    readings: [
      { what: 'p99', read: worst('p99Ms') },
      { what: 'longest', read: worst('maxMs') },
    ],
  }
}
