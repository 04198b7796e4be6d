import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Endpoint } from '../contracts/endpoint.ts'
import { cpuMs } from '../system/cpu.ts'
import { StrategyBench, stands } from './bench.ts'
import type { Check, Claims, Subject } from './claims.ts'

const SEED = 20_260_108
const PICKS = 50_000
// So few that the engine seldom collects within them, whatever a pick takes.
const STRETCH = 500
// Fewer, since one that scans where it must not costs 10,000 times as much.
const TIMED_PICKS = 2_000
const ROUNDS = 7
// What is measured as no time at all took this.
const SHORTEST_MS = 1e-6
// In bytes a pick: less than the smallest object there is. The engine itself takes some now and then.
const MOST_BYTES = 8
const MOST_GROWTH_BYTES = 512 * 1_024
const [FEW, MANY] = [10, 10_000]
// From 10 to 10,000 endpoints a scan costs 1,000 times as much. Caches and a busy machine may cost a
// tenth of that, so growth is told apart by orders of magnitude, not measured: that is for a bench.
const MOST_TIMES: Readonly<Record<Required<Claims>['cost'], number>> = {
  'O(1)': 40,
  'O(log n)': 80,
  'O(n)': 5_000,
}

/** What a pick may cost in memory and time. */
export function costChecks({ use, claims }: Subject): Check[] {
  return [
    {
      name: 'picking allocates nothing',
      run() {
        const subject = new StrategyBench(use(), SEED).update(stands(100))
        const found = Math.min(...rounds(() => bytesOf(subject)))
        assert.ok(found <= MOST_BYTES, `${found.toFixed(1)} bytes a pick`)
      },
    },
    {
      name: 'endpoints that come and go leave nothing behind',
      run() {
        const subject = new StrategyBench(use(), SEED)
        const churn = (): number => {
          for (let round = 0; round < 2_000; round++) {
            subject.update(stands(10))
            for (let i = 0; i < 10; i++) subject.send()
          }
          subject.update([])
          collectGarbage()
          return process.memoryUsage().heapUsed
        }
        churn()
        const before = churn()
        const growth = churn() - before
        assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes`)
      },
    },
    {
      name: `a pick costs ${claims.cost}`,
      run() {
        const [few, many] = [FEW, MANY].map((count) => {
          const subject = new StrategyBench(use(), SEED).update(stands(count))
          run(subject, TIMED_PICKS)
          return Math.min(...rounds(() => timeOf(subject)))
        }) as [number, number]
        const times = many / Math.max(few, SHORTEST_MS)
        const most = MOST_TIMES[claims.cost]
        assert.ok(
          times <= most,
          `${Math.round(times)} times as long at ${MANY} endpoints as at ${FEW}`,
        )
      },
    },
  ]
}

function rounds(measure: () => number): number[] {
  return Array.from({ length: ROUNDS }, measure)
}

/** The heap that a pick takes, in bytes. */
function bytesOf(subject: StrategyBench): number {
  run(subject, PICKS)
  collectGarbage()
  let [taken, picks] = [0, 0]
  for (let from = 0; from < PICKS; from += STRETCH) {
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < STRETCH; i++) pick(subject, from + i)
    const grown = process.memoryUsage().heapUsed - before
    // The engine has collected meanwhile, which hides what was taken.
    if (grown < 0) continue
    taken += grown
    picks += STRETCH
  }
  return picks === 0 ? Number.POSITIVE_INFINITY : taken / picks
}

/** The time that picks take, in ms for each. */
function timeOf(subject: StrategyBench): number {
  const from = cpuMs()
  run(subject, TIMED_PICKS)
  return (cpuMs() - from) / TIMED_PICKS
}

function run(subject: StrategyBench, picks: number): void {
  const { strategy } = subject
  for (let i = 0; i < picks; i++) {
    const endpoint = pick(subject, i)
    strategy.start?.(endpoint)
    strategy.settle?.(endpoint, 10, 'ok')
  }
}

function pick({ strategy, flow }: StrategyBench, number: number): Endpoint {
  // 30 bits: a larger key would be a number on the heap.
  flow.key = Math.imul(number, 0x9e37_79b1) >>> 2
  return strategy.pick(flow) ?? assert.fail('no endpoint')
}

let collector: (() => void) | undefined

function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
}
