import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Arrivals,
  bursts,
  phases,
  poisson,
  steady,
  trace,
} from '../../../core/simulate/arrivals.ts'
import {
  constant,
  type Distribution,
  exponential,
  lognormal,
  measured,
  normal,
  uniform,
} from '../../../core/simulate/distributions.ts'
import { uniformKeys, zipfKeys } from '../../../core/simulate/keys.ts'
import { SeededRng } from '../../../core/system/rng.ts'

const DRAWS = 200_000

for (const [name, distribution, deviation] of [
  ['constant', constant(7), 0],
  ['exponential', exponential(7), 7],
  ['normal', normal(167, 5), 5],
  ['uniform', uniform(5, 15), 10 / Math.sqrt(12)],
  ['lognormal', lognormal(20, 0.5), 22.663 * Math.sqrt(Math.exp(0.25) - 1)],
  ['measured', measured([1, 2, 3, 10]), Math.sqrt(12.5)],
] as const satisfies [string, Distribution, number][]) {
  test(`${name} has the mean and the deviation that it states`, () => {
    const rng = new SeededRng(11)
    let sum = 0
    let squares = 0
    for (let i = 0; i < DRAWS; i++) {
      const value = distribution.sample(rng)
      assert.ok(value >= 0)
      sum += value
      squares += (value - distribution.mean) ** 2
    }
    const four = (4 * deviation) / Math.sqrt(DRAWS)
    assert.ok(Math.abs(sum / DRAWS - distribution.mean) <= four + 1e-9)
    assert.ok(Math.abs(Math.sqrt(squares / DRAWS) - deviation) <= deviation * 0.05)
  })
}

test('a distribution that cannot be is refused with its name', () => {
  assert.throws(() => exponential(0), /exponential: mean must be above 0, got 0/)
  assert.throws(() => normal(5, -1), /normal: deviation must be 0 or more, got -1/)
  assert.throws(() => uniform(9, 3), /uniform: most must be 9 or more, got 3/)
  assert.throws(() => measured([]), /measured: the number of times must be above 0/)
  assert.throws(() => lognormal(Number.NaN, 1), /lognormal: median/)
})

function times(arrivals: Arrivals, until: number, at = 0): number[] {
  const stream = arrivals.start(at, new SeededRng(5))
  const all: number[] = []
  for (let next = stream.next(); next <= until; next = stream.next()) all.push(next)
  return all
}

test('steady arrivals are at equal distances, bursts at once, traces as written', () => {
  assert.deepEqual(times(steady(100), 50), [10, 20, 30, 40, 50])
  assert.deepEqual(times(bursts({ size: 2, every: '1s' }), 2_500), [1_000, 1_000, 2_000, 2_000])
  assert.deepEqual(times(trace([0, 3.5, 3.5, 9]), 1_000, 100), [100, 103.5, 103.5, 109])
})

test('steady arrivals drift from their rate by no more than a rounding, however long', () => {
  const stream = steady(3).start(0, new SeededRng(1))
  let last = 0
  for (let i = 0; i < 300_000; i++) last = stream.next()
  assert.ok(Math.abs(last - 100_000_000) < 1e-6)
})

test('Poisson arrivals have the rate and, between them, the deviation of chance', () => {
  const all = times(poisson(1_000), 100_000)
  assert.ok(Math.abs(all.length - 100_000) < 4 * Math.sqrt(100_000))
  const perSecond = new Array<number>(100).fill(0)
  for (const at of all) perSecond[Math.min(99, Math.floor(at / 1_000))]!++
  const spread = perSecond.reduce((sum, count) => sum + (count - 1_000) ** 2, 0) / 100
  assert.ok(spread > 500 && spread < 1_800, `variance ${spread}`)
})

test('phases follow each other, silence included, and repeat if they are told to', () => {
  const plan = [{ for: '30ms', arrivals: steady(100) }, { for: 20 }] as const
  assert.deepEqual(times(phases(plan), 1_000), [10, 20])
  assert.deepEqual(times(phases(plan, { repeat: true }), 130), [10, 20, 60, 70, 110, 120])
  assert.deepEqual(times(phases([{ for: 5 }], { repeat: true }), 1_000), [])
})

test('arrivals that cannot be are refused with their name', () => {
  assert.throws(() => poisson(0), /poisson: the rate must be above 0 a second, got 0/)
  assert.throws(() => trace([3, 1]), /trace: \[1\] must be 3 or more: 1/)
  assert.throws(() => bursts({ size: 0.5, every: 10 }), /bursts: size/)
  assert.throws(() => phases([{ for: 0 }]), /phases: \[0\].for must be a duration/)
  assert.throws(() => phases([]), /at least one phase/)
})

test('keys are drawn evenly, or after Zipf in proportion to their rank', () => {
  const rng = new SeededRng(9)
  const even = new Array<number>(4).fill(0)
  const ranked = new Array<number>(100).fill(0)
  const [uniformly, zipf] = [uniformKeys(4), zipfKeys(100, 1)]
  for (let i = 0; i < DRAWS; i++) {
    even[uniformly.draw(rng)]!++
    ranked[zipf.draw(rng)]!++
  }
  for (const count of even) assert.ok(Math.abs(count - DRAWS / 4) < 1_000)
  const harmonic = Array.from({ length: 100 }, (_, n) => 1 / (n + 1)).reduce((a, b) => a + b, 0)
  for (const rank of [1, 2, 10]) {
    const expected = DRAWS / rank / harmonic
    assert.ok(Math.abs(ranked[rank - 1]! - expected) < 5 * Math.sqrt(expected), `rank ${rank}`)
  }
  assert.throws(() => uniformKeys(0), /uniformKeys: the count/)
})
