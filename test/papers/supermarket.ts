import { leastConnections, powerOfTwo, random, roundRobin } from 'sluice/plugins'
import { exponential, poisson } from 'sluice/testing'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import type { Reading, Run, Study } from './study.ts'

const SERVERS = 100
const SERVICE_MS = 10
export const LOADS = [0.5, 0.7, 0.8, 0.9, 0.95] as const

/** Mean and 99th percentile of the time in the system, in services. */
type Times = readonly [mean: number, p99: number]

interface Contender {
  readonly name: string
  readonly balance: StrategyUse
  /** By the place of the load: theory for one queue, another simulator for the rest. */
  readonly expected: readonly Times[]
  /** How many requests the tests need; steeply more with what queues. 0 leaves it to the papers. */
  readonly inTests: readonly number[]
}

const FEW = [150_000, 150_000, 200_000, 400_000, 600_000]
// A run of the papers has so many more than a test, so that its own chance is seen no more.
const MORE = 8
const LEAST = 3_000_000

const CONTENDERS: readonly Contender[] = [
  {
    name: 'random',
    balance: random(),
    expected: [
      [2, 9.21],
      [3.333, 15.35],
      [5, 23.03],
      [10, 46.05],
      [20, 92.1],
    ],
    inTests: [150_000, 300_000, 600_000, 1_200_000, 2_000_000],
  },
  {
    name: 'round robin',
    balance: roundRobin(),
    expected: [
      [1.26, 5.8],
      [1.89, 8.7],
      [2.71, 12.4],
      [5.24, 24],
      [10.5, 48],
    ],
    inTests: [0, 0, 0, 800_000, 0],
  },
  {
    name: 'two choices',
    balance: powerOfTwo(),
    expected: [
      [1.268, 5.6],
      [1.623, 6.6],
      [1.959, 7.4],
      [2.639, 8.9],
      [3.46, 10.5],
    ],
    inTests: FEW,
  },
  {
    name: 'three choices',
    balance: powerOfTwo({ choices: 3 }),
    expected: [
      [1.125, 5.1],
      [1.361, 5.8],
      [1.589, 6.4],
      [2.05, 7.4],
      [2.6, 8.5],
    ],
    inTests: FEW,
  },
  {
    name: 'least connections',
    balance: leastConnections(),
    expected: [
      [1, 4.6],
      [0.999, 4.6],
      [1.004, 4.6],
      [1.067, 4.9],
      [1.22, 5.4],
    ],
    inTests: [0, 0, 0, 400_000, 0],
  },
]

/** The supermarket model: how much a look at two queues is worth, and at three. */
export const supermarket: Study = {
  id: 'supermarket',
  setUp: `${SERVERS} servers, one request each at a time, exponential services, Poisson arrivals, one gateway; times in services`,
  runs: CONTENDERS.flatMap((contender) =>
    LOADS.map((load, place) => runOf(contender, load, place)),
  ),
}

function runOf({ name, balance, expected, inTests }: Contender, load: number, place: number): Run {
  const [mean, p99] = expected[place] as Times
  const tested = inTests[place] as number
  const requests = Math.max(LEAST, tested * MORE)
  const perSecond = (load * SERVERS * 1_000) / SERVICE_MS
  const duration = Math.ceil((requests / perSecond) * 1_000)
  return {
    name: `${name}, load ${load}`,
    inTests: tested / requests,
    scenario: {
      balance,
      arrivals: poisson(perSecond),
      endpoints: [{ service: exponential(SERVICE_MS), servers: 1, count: SERVERS }],
      duration,
      timeouts: { response: 0 },
    },
    readings: [
      times('mean', mean, ({ latency }) => latency.mean / SERVICE_MS),
      times('p99', p99, ({ latency }) => latency.quantile(0.99) / SERVICE_MS),
    ],
  }
}

function times(what: string, expected: number, read: Reading['read']): Reading {
  // Long queues forget slowly how they began: 1,600 services at a load of 0.95.
  const share = expected > 15 ? 0.08 : 0.03
  return { what, expected, tolerance: { share: what === 'mean' ? share : share + 0.02 }, read }
}
