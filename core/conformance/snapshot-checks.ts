import assert from 'node:assert/strict'
import type { Outcome } from '../contracts/flow.ts'
import { SeededRng } from '../system/rng.ts'
import { StrategyBench, stands } from './bench.ts'
import type { Check, Subject } from './claims.ts'

const SEED = 20_260_105
const OUTCOMES: readonly Outcome[] = [
  ...(['ok', 'upstream-error', 'overload', 'timeout', 'connect-failed'] as const),
  ...(['client-abort', 'local'] as const),
]

/** Picks come from the last snapshot, whatever came before it. */
export function snapshotChecks({ use }: Subject): Check[] {
  const bench = (seed = SEED): StrategyBench => new StrategyBench(use(), seed)
  return [
    {
      name: 'an empty set gives no endpoint, at first and later on',
      run() {
        const subject = bench().update([])
        assert.equal(subject.pick(), undefined)
        subject.update(stands(3)).send()
        assert.equal(subject.update([]).pick(), undefined)
        assert.notEqual(subject.update(stands(1)).pick(), undefined)
      },
    },
    {
      name: 'one endpoint always wins',
      run() {
        const only = stands(1)
        const subject = bench().update(only)
        for (let i = 0; i < 100; i++) assert.equal(subject.send(), only[0])
      },
    },
    {
      name: 'no pick is outside the last snapshot',
      run() {
        const chance = new SeededRng(SEED)
        const subject = bench()
        const all = stands(20)
        for (let round = 0; round < 500; round++) {
          const ready = all.filter(() => chance.below(3) > 0)
          subject.update(ready)
          for (let i = 0; i < 20; i++) {
            const picked = subject.send()
            if (ready.length === 0) assert.equal(picked, undefined)
            else assert.ok(picked !== undefined && ready.includes(picked), `round ${round}`)
          }
        }
      },
    },
    {
      name: 'the snapshot it was given stays as it was',
      run() {
        const ready = Object.freeze(stands(5))
        const subject = bench().update(ready)
        for (let i = 0; i < 100; i++) subject.send()
        assert.deepEqual(
          ready.map(({ id }) => id),
          stands(5).map(({ id }) => id),
        )
      },
    },
    {
      name: 'the same seed gives the same picks',
      run() {
        const ids = (): (string | undefined)[] => {
          const subject = bench().update(stands(7))
          return Array.from({ length: 1_000 }, () => subject.send()?.id)
        }
        assert.deepEqual(ids(), ids())
      },
    },
    {
      name: 'flows of endpoints that left may start and settle at any time',
      run() {
        const subject = bench()
        const old = stands(4)
        // The successors have the same indexes, as those of endpoints that come back do.
        const successors = stands(4)
        subject.update(old)
        for (const endpoint of old) subject.start(endpoint)
        subject.update([])
        for (const endpoint of old.slice(0, 2)) subject.settle(endpoint)
        subject.update(successors)
        for (const endpoint of old.slice(2)) subject.settle(endpoint)
        for (const endpoint of stands(3, 40)) {
          subject.start(endpoint)
          subject.settle(endpoint)
        }
        for (let i = 0; i < 100; i++) assert.ok(successors.includes(subject.send() as never))
      },
    },
    {
      name: 'every outcome and latency is taken',
      run() {
        const subject = bench().update(stands(3))
        for (const outcome of OUTCOMES) {
          for (const latencyMs of [0, 0.01, 1e9]) {
            const endpoint = subject.pick()
            if (endpoint === undefined) assert.fail(`no endpoint after ${outcome}`)
            subject.start(endpoint)
            subject.settle(endpoint, latencyMs, outcome)
          }
        }
        assert.notEqual(subject.pick(), undefined)
      },
    },
  ]
}
