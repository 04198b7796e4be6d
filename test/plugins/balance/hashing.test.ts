import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StrategyUse } from '../../../core/contracts/uses.ts'
import { bind, LOGGER } from '../../../core/index.ts'
import { hash32 } from '../../../core/system/hash.ts'
import { instantiate } from '../../../core/testing.ts'
import { maglev, rendezvous, ringHash } from '../../../plugins/index.ts'
import type { Stand } from '../../conformance/strategy-bench.ts'
import { drawn, keyed, named } from '../../support/keyed.ts'

const KEYS = [...drawn(2_000, 11)]

type Options = NonNullable<Parameters<typeof rendezvous>[0]>
const STRATEGIES: readonly [string, (options?: Options) => StrategyUse][] = [
  ['ringHash', ringHash],
  ['maglev', maglev],
  ['rendezvous', rendezvous],
]

for (const [name, use] of STRATEGIES) {
  test(`${name}: gateways agree, whatever their seeds and the order and indexes of endpoints`, () => {
    const ready = weighed(named(50))
    const others = weighed(named(50)).map((stand) => ({ ...stand, index: (stand.index * 7) % 50 }))
    const one = keyed(use(), ready, 1)
    const other = keyed(use(), others.reverse(), 2)
    assert.deepEqual(one.owners(KEYS), other.owners(KEYS))
    for (const key of KEYS.slice(0, 20)) assert.deepEqual(one.order(key), other.order(key))
  })

  test(`${name}: tables depend on what is there, not on what was`, () => {
    const ready = weighed(named(40))
    const bench = keyed(use(), ready.slice(0, 10))
    bench.update(ready)
    for (const stand of ready) stand.weight = 3
    bench.update(ready.slice(5, 30))
    bench.update([])
    weighed(ready)
    bench.update(ready.slice(20))
    assert.deepEqual(bench.owners(KEYS), keyed(use(), ready.slice(20)).owners(KEYS))
  })

  test(`${name}: an endpoint that comes back as a new one gets its keys back`, () => {
    const ready = named(10)
    const bench = keyed(use(), ready)
    const before = bench.owners(KEYS)
    const renewed = ready.map((stand) => ({ ...stand }))
    // Another index, and an index that another endpoint had.
    const [first, second] = renewed as [Stand, Stand]
    renewed.splice(0, 2, { ...first, index: 17 }, { ...second, index: first.index })
    bench.update(renewed)
    assert.deepEqual(bench.owners(KEYS), before)
    for (const key of KEYS.slice(0, 50)) assert.ok(renewed.includes(bench.of(key) as Stand))
  })

  test(`${name}: a key asks every endpoint once, in an order of its own`, () => {
    const ready = named(30)
    const bench = keyed(use(), ready)
    const orders = KEYS.slice(0, 200).map((key) => bench.order(key))
    for (const order of orders) assert.equal(new Set(order).size, ready.length)
    const seconds = new Map<string, Set<string>>()
    for (const [first = '', second = ''] of orders) {
      seconds.set(first, (seconds.get(first) ?? new Set()).add(second))
    }
    // One neighbour for all keys of an endpoint would get all of them when it fails.
    assert.ok([...seconds.values()].some((found) => found.size > 3))
    assert.deepEqual(bench.order(KEYS[0] ?? 0), orders[0])
  })

  test(`${name}: a full or held endpoint is passed over as one that was tried`, () => {
    const ready = named(12)
    const bench = keyed(use(), ready)
    const closings: readonly ((stand: Stand) => Partial<Stand>)[] = [
      () => ({ isFull: true }),
      () => ({ holds: 2, firmHolds: 2 }),
      () => ({ holds: 2 }),
    ]
    for (const key of KEYS.slice(0, 50)) {
      const [first, second] = bench.order(key)
      const stand = bench.of(key) as Stand
      assert.equal(stand.id, first)
      for (const closing of closings) {
        const open = { isFull: false, holds: 0, firmHolds: 0 }
        Object.assign(stand, closing(stand))
        assert.equal(bench.of(key)?.id, second)
        Object.assign(stand, open)
      }
      assert.equal(bench.of(key), stand)
    }
  })

  test(`${name}: with one endpoint open of 1,000, every key goes there`, () => {
    const ready = named(1_000)
    const bench = keyed(use(), ready)
    for (const stand of ready) Object.assign(stand, { isFull: stand.index !== 500 })
    for (const key of KEYS.slice(0, 100)) assert.equal(bench.of(key)?.index, 500)
    Object.assign(ready[500] as Stand, { isFull: true })
    assert.equal(bench.of(1), undefined)
  })

  test(`${name}: a held endpoint that a panic let in is used until a firm hold comes`, () => {
    const ready = named(3)
    for (const stand of ready) Object.assign(stand, { holds: 2 })
    const bench = keyed(use(), ready)
    const stand = bench.of(7) as Stand
    assert.ok(stand)
    Object.assign(stand, { holds: 6, firmHolds: 4 })
    assert.notEqual(bench.of(7), undefined)
    assert.notEqual(bench.of(7), stand)
  })

  test(`${name}: flows without a key are spread, by chance or in turn`, () => {
    const ready = named(4)
    const drawing = keyed(use(), ready)
    const counts = drawing.counts(ready, new Array<number>(4_000).fill(-1))
    for (const count of counts) assert.ok(Math.abs(count - 1_000) < 4 * 28, `${counts}`)
    const turning = keyed(use({ fallback: 'round-robin' }), ready)
    assert.deepEqual(turning.counts(ready, new Array<number>(40).fill(-1)), [10, 10, 10, 10])
  })

  test(`${name}: flows without a key go where little is in flight, if the fallback looks`, () => {
    for (const fallback of ['power-of-two', 'least-connections'] as const) {
      const ready = named(2)
      Object.assign(ready[1] as Stand, { inflight: 50 })
      const bench = keyed(use({ fallback }), ready)
      assert.deepEqual(bench.counts(ready, new Array<number>(100).fill(-1)), [100, 0], fallback)
    }
  })

  test(`${name}: without a bound nothing is counted`, () => {
    const { strategy } = keyed(use(), named(2))
    assert.deepEqual([strategy.start, strategy.settle], [undefined, undefined])
  })
}

test('a ring moves a key to the next point’s endpoint and back', () => {
  const ready = named(5)
  const bench = keyed(ringHash({ points: 1 }), ready)
  const before = bench.owners(KEYS)
  for (const [place] of ready.entries()) {
    bench.update(ready.filter((_stand, other) => other !== place))
    const orders = KEYS.map((key) => bench.of(key)?.id)
    const successors = new Set(orders.filter((_id, n) => before[n] === ready[place]?.id))
    assert.ok(successors.size <= 1, `${[...successors]}`)
  }
})

test('endpoints whose ids share a hash of 32 bits get keys both', () => {
  const ids = ['10.1.8.115:9001', '10.1.136.104:9001']
  assert.equal(new Set(ids.map((id) => hash32(id))).size, 1)
  const ready = named(2).map((stand, place) => ({ ...stand, id: ids[place] ?? '' }))
  for (const [, use] of STRATEGIES) {
    const counts = keyed(use(), ready).counts(ready, KEYS)
    assert.ok(Math.min(...counts) > KEYS.length / 4, `${counts}`)
  }
})

test('a Maglev table with fewer slots than endpoints says so once', () => {
  const warnings: unknown[][] = []
  const silence = (): void => {}
  const warn = (...said: unknown[]): void => {
    warnings.push(said)
  }
  const log = { debug: silence, info: silence, warn, error: silence }
  const strategy = instantiate(maglev({ size: 11 }), [bind(LOGGER, log)])
  for (const count of [10, 12, 13]) strategy.update(named(count))
  assert.deepEqual(warnings, [
    [{ endpoints: 12, size: 11 }, 'a Maglev table is too small for all endpoints'],
  ])
})

/** Gives every endpoint a weight by its id. */
function weighed(ready: Stand[]): Stand[] {
  for (const stand of ready) stand.weight = 1 + (Number(stand.id.match(/\d+(?=:)/)?.[0]) % 4) / 2
  return ready
}
