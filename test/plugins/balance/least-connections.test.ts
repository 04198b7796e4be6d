import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import { SeededRng } from '../../../core/system/rng.ts'
import { leastConnections } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'
import { Traffic } from './traffic.ts'

const SEED = 20_260_303

function over(ready: readonly Stand[], seed = SEED): StrategyBench {
  return new StrategyBench(leastConnections(), seed).update(ready)
}

/** Begins flows, none of which ends. */
function fill(bench: StrategyBench, flows: number): void {
  for (let flow = 0; flow < flows; flow++) bench.start(bench.pick() as Stand)
}

test('no pick has more in flight for its weight than any other endpoint', () => {
  console.log(`seed ${SEED}`)
  const rng = new SeededRng(SEED)
  const ready = stands(50).map((stand) => ({ ...stand, weight: 1 + rng.below(5) }))
  const bench = over(ready)
  const open: Stand[] = []
  for (let i = 0; i < 20_000; i++) {
    const picked = bench.pick() as Stand
    const costs = ready.map(({ inflight, weight }) => (inflight + 1) / weight)
    assert.equal((picked.inflight + 1) / picked.weight, Math.min(...costs), `flow ${i}`)
    bench.start(picked)
    open.push(picked)
    while (open.length > rng.below(300)) {
      bench.settle(open.splice(rng.below(open.length), 1)[0] as Stand)
    }
  }
})

test('flows in flight are in proportion to weights', () => {
  const ready = stands(4).map((stand, place) => ({ ...stand, weight: place + 1 }))
  fill(over(ready), 1_000)
  assert.deepEqual(
    ready.map(({ inflight }) => inflight),
    [100, 200, 300, 400],
  )
})

test('those that tie are equally likely, and independent of what came before', () => {
  const ready = stands(7)
  const bench = over(ready)
  const pairs = new Array<number>(49).fill(0)
  let last = 0
  for (let i = 0; i < 50_000; i++) {
    const { index } = bench.send() as Stand
    if (i > 0) pairs[last * 7 + index] = (pairs[last * 7 + index] ?? 0) + 1
    last = index
  }
  assert.ok(chiSquare(pairs) < chiSquareLimit(49), `${pairs}`)
})

test('gateways that know nothing of each other do not begin at the same endpoint', () => {
  const counts = new Array<number>(5).fill(0)
  for (let seed = 0; seed < 2_000; seed++) {
    const index = over(stands(5), seed).pick()?.index ?? -1
    counts[index] = (counts[index] ?? 0) + 1
  }
  assert.ok(chiSquare(counts) < chiSquareLimit(5), `${counts}`)
})

test('full endpoints and those that the flow avoids are passed over for the next best', () => {
  const [a, b, c, d] = stands(4) as [Stand, Stand, Stand, Stand]
  const bench = over([a, b, c, d])
  fill(bench, 8)
  bench.settle(a)
  bench.settle(a)
  bench.settle(b)
  assert.equal(bench.pick(), a)
  assert.equal(bench.avoid(a).pick(), b)
  assert.ok([c, d].includes(bench.avoid(a, b).pick() as Stand))
  assert.equal(bench.avoid().pick(), a)
  a.isFull = true
  assert.equal(bench.pick(), b)
})

test('what the endpoint says counts, not the starts and ends that were seen', () => {
  const ready = stands(10)
  // Flows that began before this instance was there, of which it hears neither start nor end.
  for (const endpoint of ready) endpoint.inflight = 5
  const bench = over(ready)
  ;(ready[3] as Stand).inflight = 0
  for (let i = 0; i < 10; i++) bench.pick()
  for (let i = 0; i < 5; i++) bench.start(bench.pick() as Stand)
  assert.equal(ready[3]?.inflight, 5)
})

test('flows of endpoints that left, or whose index another one has now, change nothing', () => {
  const [a, b] = stands(2) as [Stand, Stand]
  const bench = over([a, b])
  fill(bench, 6)
  const next = { ...a, inflight: 0 }
  bench.update([next, b])
  bench.settle(a, 10, 'upstream-error')
  bench.settle(a, 10, 'upstream-error')
  const picked = Array.from({ length: 3 }, () => {
    const endpoint = bench.pick() as Stand
    bench.start(endpoint)
    return endpoint
  })
  assert.ok(picked.every((endpoint) => endpoint === next))
})

test('weights that warm up count from the next update on', () => {
  const [a, b] = stands(2) as [Stand, Stand]
  a.weight = 0.1
  const bench = over([a, b])
  fill(bench, 11)
  assert.deepEqual([a.inflight, b.inflight], [1, 10])
  a.weight = 1
  fill(bench.update([a, b]), 9)
  assert.deepEqual([a.inflight, b.inflight], [10, 10])
})

test('an endpoint that fails at once gets less than its share, not nearly everything', () => {
  for (const perSecond of [20, 1_000]) {
    const traffic = new Traffic(leastConnections(), 10, ({ index }) =>
      index === 3 ? [1, 'upstream-error'] : [100, 'ok'],
    )
    traffic.send(20_000, perSecond)
    assert.ok(traffic.shareOf(3) < 0.02, `${perSecond} per second: ${traffic.shareOf(3)}`)
  }
})

test('without a penalty it gets nearly everything', () => {
  const traffic = new Traffic(leastConnections({ penalty: 0 }), 10, ({ index }) =>
    index === 3 ? [1, 'upstream-error'] : [100, 'ok'],
  )
  traffic.send(20_000, 1_000)
  assert.ok(traffic.shareOf(3) > 0.5, `${traffic.shareOf(3)}`)
})

test('429 is a failure; what clients and the gateway ended says nothing', () => {
  const shares = (['overload', 'client-abort', 'local'] as const).map((outcome) => {
    const traffic = new Traffic(leastConnections(), 5, ({ index }) =>
      index === 3 ? [10, outcome] : [10, 'ok'],
    )
    traffic.send(10_000, 50)
    return traffic.shareOf(3)
  })
  assert.ok((shares[0] ?? 1) < 0.02, `${shares}`)
  for (const share of shares.slice(1)) assert.ok(Math.abs(share - 0.2) < 0.02, `${shares}`)
})

test('an endpoint that works again gets its share again', () => {
  const traffic = new Traffic(leastConnections(), 5, ({ index }, now) =>
    index === 3 && now < 60_000 ? [1, 'connect-failed'] : [10, 'ok'],
  )
  traffic.send(6_000, 100)
  assert.ok(traffic.shareOf(3) < 0.02, `${traffic.shareOf(3)}`)
  traffic.send(6_000, 100)
  traffic.send(6_000, 100)
  assert.ok(Math.abs(traffic.shareOf(3) - 0.2) < 0.02, `${traffic.shareOf(3)}`)
})

test('a newcomer is brought level and no further', () => {
  const ready = stands(10)
  const bench = over(ready.slice(0, 9))
  fill(bench, 180)
  bench.update(ready)
  fill(bench, 100)
  assert.deepEqual(new Set(ready.map(({ inflight }) => inflight)), new Set([28]))
})
