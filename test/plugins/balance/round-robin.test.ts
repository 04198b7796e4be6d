import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'

const [a, b, c, d] = stands(4) as [Stand, Stand, Stand, Stand]

/** The ids of the next picks, as one word: endpoint 0 is `a`. */
function picks(bench: StrategyBench, count: number): string {
  const letter = (index: number | undefined): string => 'abcd'[index ?? -1] ?? '-'
  return Array.from({ length: count }, () => letter(bench.pick()?.index)).join('')
}

function over(...ready: Stand[]): StrategyBench {
  return new StrategyBench(roundRobin()).update(ready)
}

test('endpoints are taken in turn, in the config’s order', () => {
  assert.equal(picks(over(a, b, c), 7), 'abcabca')
})

test('weights are not looked at', () => {
  assert.equal(picks(over({ ...a, weight: 9 }, b), 4), 'abab')
})

test('an update that changes nothing does not disturb the turn', () => {
  const bench = over(a, b, c)
  assert.equal(picks(bench, 2), 'ab')
  assert.equal(picks(bench.update([a, b, c]), 4), 'cabc')
})

test('an endpoint that is held hands its turn on; the next one gets no double share', () => {
  const bench = over(a, b, c, d)
  assert.equal(picks(bench, 1), 'a')
  assert.equal(picks(bench.update([a, c, d]), 6), 'cdacda')
})

test('a hold on the endpoint that was just taken does not repeat or skip another', () => {
  const bench = over(a, b, c)
  assert.equal(picks(bench, 2), 'ab')
  assert.equal(picks(bench.update([a, c]), 4), 'caca')
})

test('a hold behind the turn does not move the turn', () => {
  const bench = over(a, b, c, d)
  assert.equal(picks(bench, 3), 'abc')
  assert.equal(picks(bench.update([b, c, d]), 4), 'dbcd')
})

test('an endpoint that comes back is taken when its place comes', () => {
  const bench = over(a, c)
  assert.equal(picks(bench, 1), 'a')
  assert.equal(picks(bench.update([a, b, c]), 4), 'cabc')
})

test('updates between all picks do not favour the first endpoints', () => {
  const bench = over(a, b, c, d)
  let taken = ''
  for (let i = 0; i < 8; i++) taken += picks(bench.update([a, b, c, d]), 1)
  assert.equal(taken, 'abcdabcd')
})

test('a flapping endpoint costs nobody else more than its own share', () => {
  const bench = over(a, b, c)
  const counts = new Map<string, number>()
  for (let i = 0; i < 3_000; i++) {
    bench.update(i % 2 === 0 ? [a, c] : [a, b, c])
    const id = picks(bench, 1)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const [first = 0, third = 0] = [counts.get('a'), counts.get('c')]
  assert.ok(Math.abs(first - third) < 600, `${[...counts]}`)
})

test('the turn starts anew when nothing of the old list is left', () => {
  const bench = over(a, b)
  assert.equal(picks(bench, 1), 'a')
  assert.equal(picks(bench.update([c, d]), 3), 'cdc')
})
