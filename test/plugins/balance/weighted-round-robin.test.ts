import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from '../../../core/system/rng.ts'
import { weightedRoundRobin } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'
import { countsOf } from './traffic.ts'

const SEED = 20_260_301
// What algorithms of this kind are off at worst in any beginning of a cycle, in picks.
const SMOOTH = 1.02

function weighted(...weights: readonly number[]): Stand[] {
  return stands(weights.length).map((stand, place) => ({ ...stand, weight: weights[place] ?? 1 }))
}

function over(ready: readonly Stand[], seed = SEED): StrategyBench {
  return new StrategyBench(weightedRoundRobin(), seed).update(ready)
}

function word(bench: StrategyBench, count: number): string {
  return Array.from({ length: count }, () => 'abcdefgh'[bench.pick()?.index ?? -1] ?? '-').join('')
}

/** How far any endpoint is from its share, in picks, at the worst moment of so many picks. */
function discrepancy(bench: StrategyBench, ready: readonly Stand[], picks: number): number {
  const total = ready.reduce((sum, { weight }) => sum + weight, 0)
  const counts = new Array<number>(ready.length).fill(0)
  let worst = 0
  for (let k = 1; k <= picks; k++) {
    const index = bench.pick()?.index ?? -1
    counts[index] = (counts[index] ?? 0) + 1
    for (const { index: at, weight } of ready) {
      worst = Math.max(worst, Math.abs((counts[at] ?? 0) - (k * weight) / total))
    }
  }
  return worst
}

test('weights 5, 1, 1 give a a b a c a a, over and over', () => {
  for (let seed = 0; seed < 50; seed++) {
    const found = word(over(weighted(5, 1, 1), seed), 70)
    assert.ok('aabacaa'.repeat(12).includes(found), found)
  }
})

test('every cycle has each endpoint as often as its weight says, whatever the weights', () => {
  console.log(`seed ${SEED}`)
  const rng = new SeededRng(SEED)
  for (let vector = 0; vector < 3_000; vector++) {
    const weights = Array.from({ length: 1 + rng.below(8) }, () => 1 + rng.below(12))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const bench = over(weighted(...weights), vector)
    for (let cycle = 0; cycle < 3; cycle++) {
      assert.deepEqual(countsOf(bench, total, weights.length), weights, `vector ${vector}`)
    }
  }
})

test('from the first pick of a cycle on, nobody is ever far from its share', () => {
  const rng = new SeededRng(SEED)
  for (let vector = 0; vector < 300; vector++) {
    const ready = weighted(...Array.from({ length: 2 + rng.below(8) }, () => 1 + rng.below(12)))
    const total = ready.reduce((sum, { weight }) => sum + weight, 0)
    // A sequence begun anywhere is off by what is left of it as well.
    const worst = discrepancy(over(ready, vector), ready, 2 * total)
    assert.ok(worst <= 2 * SMOOTH, `vector ${vector}: ${worst}`)
  }
})

test('hundreds of endpoints get exactly their shares of every cycle too, evenly spread', () => {
  const rng = new SeededRng(SEED)
  for (const count of [33, 100, 300]) {
    const weights = Array.from({ length: count }, () => 1 + rng.below(9))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (let cycle = 0, bench = over(weighted(...weights)); cycle < 3; cycle++) {
      assert.deepEqual(countsOf(bench, total, count), weights, `${count} endpoints`)
    }
    const ready = weighted(...weights)
    const worst = discrepancy(over(ready), ready, total)
    assert.ok(worst < 2 * SMOOTH, `${count} endpoints: ${worst}`)
  }
})

test('ten thousand equal endpoints are all taken once before one is taken twice', () => {
  const bench = over(stands(10_000))
  for (let cycle = 0; cycle < 3; cycle++) {
    assert.ok(countsOf(bench, 10_000, 10_000).every((count) => count === 1))
  }
})

test('one heavy endpoint among a thousand light ones has its turns at even distances', () => {
  const ready = stands(1_000)
  ;(ready[500] as Stand).weight = 1_000
  const bench = over(ready)
  let last = 0
  let longest = 0
  for (let k = 1; k <= 20_000; k++) {
    if (bench.pick()?.index !== 500) continue
    if (last > 0) longest = Math.max(longest, k - last)
    last = k
  }
  assert.ok(longest <= 4, `${longest} picks between two`)
})

test('instances of different seeds do not move in step', () => {
  for (const count of [10, 100]) {
    const firsts = Array.from({ length: 400 }, (_, seed) => over(stands(count), seed).pick()?.index)
    assert.ok(new Set(firsts).size > count / 2)
  }
})

test('an update that changes nothing does not disturb the turn', () => {
  const ready = weighted(5, 1, 1)
  const [plain, updated] = [over(ready), over(ready)]
  let found = ''
  for (let i = 0; i < 28; i++) found += word(updated.update([...ready]), 1)
  assert.equal(found, word(plain, 28))
})

for (const count of [4, 33, 40]) {
  test(`weights that move all the time favour nobody, among ${count}`, () => {
    const ready = stands(count)
    const bench = over(ready)
    const [due, counts] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)]
    for (let round = 0; round < 1_000; round++) {
      for (const stand of ready) stand.weight = 0.1 + ((round + stand.index) % 10) / 10
      bench.update([...ready])
      const total = ready.reduce((sum, { weight }) => sum + weight, 0)
      // Fewer picks than endpoints: who begins anew with each update never gets to the last ones.
      for (let i = 0; i < 3; i++) {
        const index = bench.pick()?.index ?? -1
        counts[index] = (counts[index] ?? 0) + 1
        for (const { index: at, weight } of ready) due[at] = (due[at] ?? 0) + weight / total
      }
    }
    for (const [index, expected] of due.entries()) {
      const off = Math.abs((counts[index] ?? 0) - expected)
      assert.ok(off < 3 + expected * 0.05, `${index}: ${counts[index]} of ${expected}`)
    }
  })

  test(`an endpoint that comes and goes costs the others no more than its share, among ${count}`, () => {
    const ready = stands(count)
    const bench = over(ready)
    const counts = new Array<number>(count).fill(0)
    for (let i = 0; i < 500 * count; i++) {
      bench.update(i % 2 === 0 ? ready.slice(1) : ready)
      const index = bench.pick()?.index ?? -1
      counts[index] = (counts[index] ?? 0) + 1
    }
    const others = counts.slice(1)
    assert.ok(Math.max(...others) / Math.min(...others) < 1.1, `${counts}`)
    assert.ok((counts[0] ?? 0) < 1.1 * Math.max(...others), `${counts}`)
  })

  test(`nobody who stays waits longer because others left, among ${count}`, () => {
    const ready = stands(count)
    const bench = over(ready)
    for (let i = 0; i < count / 2; i++) bench.pick()
    const rest = ready.slice(0, Math.floor(count / 2))
    bench.update(rest)
    const taken = new Set(Array.from({ length: 2 * rest.length }, () => bench.pick()?.index))
    assert.equal(taken.size, rest.length)
  })
}

test('who joins gets its share and no more', () => {
  const ready = weighted(2, 1, 1, 1)
  const bench = over(ready.slice(0, 3))
  for (let i = 0; i < 1_001; i++) bench.pick()
  const counts = countsOf(bench.update(ready), 100, 4)
  for (const [index, share] of [40, 20, 20, 20].entries()) {
    assert.ok(Math.abs((counts[index] ?? 0) - share) <= 2, `${counts}`)
  }
})

test('an endpoint that takes over an index owes nothing for the one before', () => {
  const [a, b, c] = stands(3) as [Stand, Stand, Stand]
  const bench = over([a, b, c])
  for (let i = 0; i < 7; i++) bench.pick()
  const next = { ...a, id: 'next' }
  const found = Array.from({ length: 9 }, () => bench.update([next, b, c]).pick())
  assert.equal(found.filter((one) => one === next).length, 3)
})

test('the turn of an endpoint that is full or avoided goes to the next', () => {
  const [a, b, c] = weighted(5, 1, 1) as [Stand, Stand, Stand]
  const bench = over([a, b, c]).avoid(a)
  assert.deepEqual(new Set(word(bench, 20)), new Set('bc'))
  b.isFull = true
  assert.deepEqual(new Set(word(bench, 20)), new Set('c'))
})
