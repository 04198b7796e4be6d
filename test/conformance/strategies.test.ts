import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SeededRng } from '../../core/system/rng.ts'
import { chiSquare, chiSquareLimit } from '../core/system/chi-square.ts'
import { StrategyBench, standardStrategies, stands } from './strategy-bench.ts'

const SEED = 20_260_105
const FLOWS = 100_000
const MOST_GROWTH_BYTES = 512 * 1_024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const strategies = standardStrategies()
// It fills one endpoint after the other: equal shares are what it avoids.
const UNEVEN = ['first']

test('the standard list has strategies to try', () => {
  const names = strategies.map(([name]) => name)
  for (const name of ['random', 'roundRobin']) assert.ok(names.includes(name), name)
})

for (const [name, use] of strategies) {
  const bench = (seed = SEED): StrategyBench => new StrategyBench(use(), seed)

  test(`${name}: an empty set gives no endpoint, at first and later on`, () => {
    const subject = bench().update([])
    assert.equal(subject.pick(), undefined)
    subject.update(stands(3)).send()
    assert.equal(subject.update([]).pick(), undefined)
    assert.notEqual(subject.update(stands(1)).pick(), undefined)
  })

  test(`${name}: one endpoint always wins`, () => {
    const [only] = stands(1)
    const subject = bench().update(only === undefined ? [] : [only])
    for (let i = 0; i < 100; i++) assert.equal(subject.send(), only)
  })

  test(`${name}: no pick is outside the last update`, () => {
    console.log(`seed ${SEED}`)
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
  })

  test(`${name}: the list it was given stays as it was`, () => {
    const ready = Object.freeze(stands(5))
    const subject = bench().update(ready)
    for (let i = 0; i < 100; i++) subject.send()
    assert.deepEqual(
      ready.map(({ id }) => id),
      stands(5).map(({ id }) => id),
    )
  })

  test(`${name}: the same seed gives the same picks`, () => {
    const run = (): (string | undefined)[] => {
      const subject = bench().update(stands(7))
      return Array.from({ length: 1_000 }, () => subject.send()?.id)
    }
    assert.deepEqual(run(), run())
  })

  test(`${name}: equal endpoints get equal shares`, { skip: UNEVEN.includes(name) }, () => {
    for (const count of [2, 3, 8, 16]) {
      const subject = bench().update(stands(count))
      const counts = new Array<number>(count).fill(0)
      for (let i = 0; i < FLOWS; i++) {
        const index = subject.send(1)?.index ?? -1
        counts[index] = (counts[index] ?? 0) + 1
      }
      const found = chiSquare(counts)
      assert.ok(found < chiSquareLimit(count), `seed ${SEED}, ${count} endpoints: ${counts}`)
    }
  })

  test(`${name}: equal endpoints get equal shares while flows overlap`, {
    skip: UNEVEN.includes(name),
  }, () => {
    const count = 8
    const subject = bench().update(stands(count))
    const counts = new Array<number>(count).fill(0)
    const open: NonNullable<ReturnType<typeof subject.pick>>[] = []
    for (let i = 0; i < FLOWS; i++) {
      const endpoint = subject.pick()
      if (endpoint === undefined) assert.fail('no endpoint')
      subject.start(endpoint)
      counts[endpoint.index] = (counts[endpoint.index] ?? 0) + 1
      open.push(endpoint)
      const ended = open.length > 32 ? open.shift() : undefined
      if (ended !== undefined) subject.settle(ended)
    }
    assert.ok(chiSquare(counts) < chiSquareLimit(count), `seed ${SEED}: ${counts}`)
  })

  test(`${name}: shares are equal again after endpoints came and went`, {
    skip: UNEVEN.includes(name),
  }, () => {
    const subject = bench()
    const all = stands(6)
    subject.update(all.slice(0, 2))
    for (let i = 0; i < 1_000; i++) subject.send()
    subject.update(all)
    for (let i = 0; i < 5_000; i++) subject.send()
    const counts = new Array<number>(6).fill(0)
    for (let i = 0; i < FLOWS; i++) {
      const index = subject.send(1)?.index ?? -1
      counts[index] = (counts[index] ?? 0) + 1
    }
    assert.ok(chiSquare(counts) < chiSquareLimit(6), `seed ${SEED}: ${counts}`)
  })

  test(`${name}: flows of endpoints that left may start and settle at any time`, () => {
    const subject = bench()
    const [old, successors] = [stands(4), stands(4)]
    subject.update(old)
    for (const endpoint of old) subject.start(endpoint)
    subject.update([])
    for (const endpoint of old.slice(0, 2)) subject.settle(endpoint)
    // The successors have the same indexes, as those of endpoints that come back do.
    subject.update(successors)
    for (const endpoint of old.slice(2)) subject.settle(endpoint)
    for (const endpoint of stands(3, 40)) {
      subject.start(endpoint)
      subject.settle(endpoint)
    }
    for (let i = 0; i < 100; i++) assert.ok(successors.includes(subject.send() as never))
  })

  test(`${name}: every outcome and latency is taken`, () => {
    const subject = bench().update(stands(3))
    const outcomes = ['ok', 'upstream-error', 'overload', 'timeout', 'connect-failed'] as const
    for (const outcome of [...outcomes, 'client-abort', 'local'] as const) {
      for (const latencyMs of [0, 0.01, 1e9]) {
        const endpoint = subject.pick()
        if (endpoint === undefined) assert.fail('no endpoint')
        subject.start(endpoint)
        endpoint.inflight--
        subject.strategy.settle?.(endpoint, latencyMs, outcome)
      }
    }
    assert.notEqual(subject.pick(), undefined)
  })

  test(`${name}: endpoints that come and go leave nothing behind`, () => {
    const subject = bench()
    const run = (): number => {
      for (let round = 0; round < 2_000; round++) {
        subject.update(stands(10))
        for (let i = 0; i < 10; i++) subject.send()
      }
      subject.update([])
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    run()
    const before = run()
    const growth = run() - before
    assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes`)
  })
}
