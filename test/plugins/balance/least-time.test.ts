import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import type { StrategyUse } from '../../../core/contracts/uses.ts'
import { leastTime, powerOfTwo } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'
import { Traffic } from './traffic.ts'

const SEED = 20_260_305

test('the fastest endpoint gets nearly all while there is little to do', () => {
  const traffic = new Traffic(leastTime(), 3, ({ index }) => [[5, 40, 80][index] ?? 0, 'ok'])
  const counts = traffic.send(10_000, 20)
  assert.ok(traffic.shareOf(0) > 0.95, `${counts}`)
  assert.ok(Math.min(...counts) > 0, `${counts}`)
})

test('endpoints that are as fast as each other get equal shares, whatever came first', () => {
  const traffic = new Traffic(leastTime(), 6, (_endpoint, _now, rng) => [9 + 2 * rng.unit(), 'ok'])
  const counts = traffic.send(60_000, 50)
  assert.ok(Math.max(...counts) / Math.min(...counts) < 1.2, `${counts}`)
})

test('before any answer all are equally likely', () => {
  const counts = new Array<number>(5).fill(0)
  for (let seed = 0; seed < 2_000; seed++) {
    const index = new StrategyBench(leastTime(), seed).update(stands(5)).pick()?.index ?? -1
    counts[index] = (counts[index] ?? 0) + 1
  }
  assert.ok(chiSquare(counts) < chiSquareLimit(5), `seed ${SEED}: ${counts}`)
})

test('what is in flight counts: a burst does not go to the fastest alone', () => {
  const traffic = new Traffic(leastTime(), 4, ({ index }) => [index === 0 ? 10 : 20, 'ok'])
  traffic.send(400, 20)
  for (let flow = 0; flow < 50; flow++) traffic.bench.start(traffic.bench.pick() as Stand)
  const [fast = 0, ...slow] = traffic.endpoints.map(({ inflight }) => inflight)
  assert.ok(fast >= 15 && fast <= 30, `${fast}`)
  assert.ok(Math.min(...slow) >= 5, `${slow}`)
})

test('an endpoint of twice the weight has twice as much in flight', () => {
  const traffic = new Traffic(leastTime(), 3, () => [100, 'ok'])
  ;(traffic.endpoints[0] as Stand).weight = 2
  traffic.bench.update([...traffic.endpoints])
  traffic.send(20_000, 1_000)
  assert.ok(Math.abs(traffic.shareOf(0) - 0.5) < 0.05, `${traffic.counts}`)
})

test('full endpoints and those that the flow avoids are passed over for the next best', () => {
  const [a, b, c] = stands(3) as [Stand, Stand, Stand]
  const bench = new StrategyBench(leastTime(), SEED).update([a, b, c])
  bench.clock.advance(2_000)
  for (let answer = 0; answer < 10; answer++) {
    for (const endpoint of [c, b, a]) {
      bench.start(endpoint)
      bench.clock.advance(10 ** endpoint.index)
      bench.settle(endpoint, 10 ** endpoint.index)
    }
  }
  assert.equal(bench.pick(), a)
  assert.equal(bench.avoid(a).pick(), b)
  assert.equal(bench.avoid(a, b).pick(), c)
  a.isFull = true
  assert.equal(bench.avoid(b).pick(), c)
})

test('an endpoint that fails at once gets less than its share', () => {
  for (const perSecond of [20, 1_000]) {
    const traffic = new Traffic(leastTime(), 10, ({ index }) =>
      index === 3 ? [1, 'upstream-error'] : [100, 'ok'],
    )
    traffic.send(20_000, perSecond)
    assert.ok(traffic.shareOf(3) < 0.03, `${perSecond} per second: ${traffic.shareOf(3)}`)
  }
})

test('an endpoint that has only ever failed is tried again, and used once it answers', () => {
  const traffic = new Traffic(leastTime(), 3, ({ index }, now) =>
    index === 1 && now < 30_000 ? [0.2, 'connect-failed'] : [10, 'ok'],
  )
  traffic.send(3_000, 100)
  assert.ok(traffic.shareOf(1) > 0 && traffic.shareOf(1) < 0.05, `${traffic.counts}`)
  traffic.send(6_000, 100)
  assert.ok(traffic.shareOf(1) > 0.2, `${traffic.counts}`)
})

test('what clients ended teaches nothing', () => {
  const traffic = new Traffic(leastTime(), 3, ({ index }) =>
    index === 1 ? [1_000, 'client-abort'] : [10, 'ok'],
  )
  const counts = traffic.send(3_000, 1)
  assert.ok(Math.min(...counts) > 500 && Math.max(...counts) < 1_500, `${counts}`)
})

const latencyAware: readonly [string, () => StrategyUse][] = [
  ['leastTime', () => leastTime()],
  ['powerOfTwo', () => powerOfTwo({ load: 'peak-ewma' })],
]

for (const [name, use] of latencyAware) {
  for (const [perSecond, firstMs] of [
    [1_000, 10],
    [1_000, 500],
    [50, 10],
    [50, 2_000],
  ] as const) {
    test(`${name}: a newcomer is neither flooded nor starved, ${perSecond} a second, first answer after ${firstMs} ms`, () => {
      let asked = 0
      const traffic = new Traffic(use(), 3, ({ index }, _now, rng) => {
        const isFirst = index === 2 && asked++ === 0
        return [isFirst ? firstMs : 5 + 10 * rng.unit(), 'ok']
      })
      const { bench, endpoints } = traffic
      bench.update(endpoints.slice(0, 2))
      traffic.send(2_000, perSecond)
      bench.update(endpoints)
      traffic.send(500, perSecond)
      assert.ok(traffic.shareOf(2) < 0.6, `of the first 500: ${traffic.counts}`)
      assert.ok(traffic.shareOf(2) > 0.15, `of the first 500: ${traffic.counts}`)
      traffic.send(1_000, perSecond)
      assert.ok(traffic.shareOf(2) > 0.2 && traffic.shareOf(2) < 0.5, `later: ${traffic.counts}`)
    })
  }

  test(`${name}: a newcomer that is slow for good soon gets little`, () => {
    const traffic = new Traffic(use(), 3, ({ index }) => [index === 2 ? 400 : 10, 'ok'])
    const { bench, endpoints } = traffic
    bench.update(endpoints.slice(0, 2))
    traffic.send(1_000, 100)
    bench.update(endpoints)
    traffic.send(1_000, 100)
    traffic.send(1_000, 100)
    assert.ok(traffic.shareOf(2) < 0.1, `${traffic.counts}`)
  })

  test(`${name}: how slow all others are makes a fast endpoint no slower`, () => {
    const [fast, slow] = stands(2) as [Stand, Stand]
    const bench = new StrategyBench(use(), SEED).update([fast, slow])
    bench.clock.advance(2_000)
    for (let answer = 0; answer < 200; answer++) {
      const endpoint = answer % 20 === 0 ? fast : slow
      bench.start(endpoint)
      bench.clock.advance(endpoint === fast ? 1 : 100)
      bench.settle(endpoint, endpoint === fast ? 1 : 100)
    }
    for (let flow = 0; flow < 30; flow++) bench.start(fast)
    assert.equal(bench.pick(), fast)
  })

  test(`${name}: after a pause nobody is flooded for having been idle longest`, () => {
    const traffic = new Traffic(use(), 5, () => [10, 'ok'])
    traffic.send(500, 100)
    traffic.bench.clock.advance(600_000)
    const { bench, endpoints } = traffic
    // One answers, the others were not asked since.
    bench.send(10)
    for (let flow = 0; flow < 100; flow++) bench.start(bench.pick() as Stand)
    const inflight = endpoints.map((endpoint) => endpoint.inflight)
    assert.ok(Math.max(...inflight) <= 45 && Math.min(...inflight) >= 4, `${inflight}`)
  })
}

test('an endpoint that was slow for a while is asked again and gets its share back', () => {
  const traffic = new Traffic(leastTime(), 4, ({ index }, now) => [
    index === 1 && now < 10_000 ? 300 : 10,
    'ok',
  ])
  traffic.send(2_000, 200)
  assert.ok(traffic.shareOf(1) < 0.1, `${traffic.counts}`)
  for (let minute = 0; minute < 2; minute++) traffic.send(12_000, 200)
  assert.ok(Math.abs(traffic.shareOf(1) - 0.25) < 0.05, `${traffic.counts}`)
})
