import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StrategyUse } from '../../../core/contracts/uses.ts'
import { SeededRng } from '../../../core/system/rng.ts'
import { maglev, rendezvous, ringHash } from '../../../plugins/index.ts'
import type { Stand } from '../../conformance/strategy-bench.ts'
import { drawn, type KeyedBench, keyed, named } from '../../support/keyed.ts'

const SEED = 20_261_126
const STRATEGIES: readonly [string, (maxLoad: number) => StrategyUse][] = [
  ['ringHash', (maxLoad) => ringHash({ maxLoad })],
  ['maglev', (maxLoad) => maglev({ maxLoad })],
  ['rendezvous', (maxLoad) => rendezvous({ maxLoad })],
]

for (const [name, use] of STRATEGIES) {
  for (const bound of [1.01, 1.1, 1.25, 2]) {
    test(`${name}: no endpoint is above ${bound} times its share when it gets a flow`, () => {
      console.log(`seed ${SEED}`)
      const chance = new SeededRng(SEED)
      const ready = named(12)
      for (const stand of ready) stand.weight = 1 + (stand.index % 3)
      const bench = keyed(use(bound), ready)
      const open: Stand[] = []
      for (let flow = 0; flow < 20_000; flow++) {
        // Few keys, so that the plain table would be far from even.
        const picked = bench.of(chance.below(7) * 0x1234567)
        assert.ok(picked, `no pick at ${open.length} flows`)
        const capacity = capacityOf(picked, ready, open.length, bound)
        assert.ok(picked.inflight < capacity, `${picked.inflight} of ${capacity}`)
        bench.start(picked)
        open.push(picked)
        const most = flow % 5_000 < 2_500 ? 300 : 40
        while (open.length > most) bench.settle(takeOne(open, chance))
      }
    })
  }

  test(`${name}: a bound that is far away changes nothing`, () => {
    const ready = named(20)
    const [plain, bounded] = [keyed(use(0), ready), keyed(use(1e9), ready)]
    for (const key of drawn(3_000, SEED)) {
      const picked = bounded.of(key)
      assert.equal(picked, plain.of(key))
      if (picked !== undefined) bounded.start(picked)
    }
  })

  test(`${name}: a key that is too busy goes on in its own order and comes back`, () => {
    const ready = named(10)
    const bench = keyed(use(1.25), ready)
    const [first, second, third] = keyed(use(0), ready).order(42)
    const given = Array.from({ length: 3 }, () => started(bench, 42))
    // Each takes one of the first three flows: 1.25 times a share of 0.1 to 0.3, rounded up.
    assert.deepEqual(
      given.map(({ id }) => id),
      [first, second, third],
    )
    for (const stand of given) bench.settle(stand)
    assert.equal(bench.of(42)?.id, first)
  })

  test(`${name}: where all that have room are closed, the least loaded other one is taken`, () => {
    const ready = named(3)
    const bench = keyed(use(1.01), ready)
    const [first, second, third] = ready as [Stand, Stand, Stand]
    for (let flow = 0; flow < 9; flow++) bench.start(first)
    for (let flow = 0; flow < 5; flow++) bench.start(second)
    const avoid = new Set([third])
    for (const key of drawn(50, SEED)) assert.equal(bench.of(key, avoid as never), second)
    assert.equal(bench.of(1, new Set(ready) as never), undefined)
  })

  test(`${name}: flows that ended unseen, as after a reload, are not counted for ever`, () => {
    const ready = named(4)
    for (const stand of ready) stand.inflight = 100
    const bench = keyed(use(1.25), ready)
    for (const stand of ready) stand.inflight = 0
    const warm = Array.from({ length: ready.length + 1 }, () => started(bench, 42))
    for (const stand of warm) bench.settle(stand)
    // 1.25 times a quarter of 1, 2 and 3 flows is one at most.
    const given = Array.from({ length: 3 }, () => started(bench, 42).id)
    assert.equal(new Set(given).size, 3, `${given}`)
  })

  test(`${name}: flows of endpoints that left count no more`, () => {
    const ready = named(3)
    const bench = keyed(use(1.25), ready)
    const [gone, ...rest] = ready as [Stand, ...Stand[]]
    for (let flow = 0; flow < 1_000; flow++) bench.start(gone)
    bench.update(rest)
    for (let flow = 0; flow < 500; flow++) bench.settle(gone)
    for (let flow = 0; flow < 40; flow++) {
      const picked = bench.of(99) as Stand
      assert.ok(picked.inflight < capacityOf(picked, rest, flow, 1.25))
      bench.start(picked)
    }
  })
}

function capacityOf(
  { weight }: Stand,
  ready: readonly Stand[],
  flows: number,
  bound: number,
): number {
  const whole = ready.reduce((sum, other) => sum + other.weight, 0)
  return Math.ceil((bound * (flows + 1) * weight) / whole - 1e-9)
}

function started(bench: KeyedBench, key: number): Stand {
  const picked = bench.of(key)
  assert.ok(picked)
  bench.start(picked)
  return picked
}

function takeOne(open: Stand[], chance: SeededRng): Stand {
  const at = chance.below(open.length)
  const [taken] = open.splice(at, 1, open.at(-1) as Stand)
  open.pop()
  return taken as Stand
}
