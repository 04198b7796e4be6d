import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exponential, lognormal, uniform } from '../../../core/simulate/distributions.ts'
import { Histogram } from '../../../core/simulate/histogram.ts'
import { SeededRng } from '../../../core/system/rng.ts'

const STATED_ERROR = 1 / 256
const SHARES = [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1]

for (const [name, distribution] of [
  ['microseconds', uniform(0.001, 0.01)],
  ['milliseconds', exponential(12)],
  ['a long tail', lognormal(40, 2)],
  ['years', uniform(1e9, 1e11)],
] as const) {
  test(`percentiles of ${name} are within the stated 0.4 % of a sorted list's`, () => {
    const rng = new SeededRng(7)
    const histogram = new Histogram()
    const values = Array.from({ length: 50_000 }, () => distribution.sample(rng))
    for (const value of values) histogram.record(value)
    values.sort((a, b) => a - b)
    for (const share of SHARES) {
      const rank = Math.max(1, Math.ceil(share * values.length))
      const exact = values[rank - 1]!
      const found = histogram.quantile(share)
      // Below its first bucket, a 1,024th of a ms, a value is only known to be there.
      const error = Math.max(STATED_ERROR * exact, 1 / 1_024)
      assert.ok(Math.abs(found - exact) <= error, `${share}: ${found} for ${exact}`)
    }
  })
}

test('count, mean, least and greatest are exact, and nothing has none', () => {
  const histogram = new Histogram()
  assert.deepEqual(
    [histogram.count, histogram.mean, histogram.min, histogram.max, histogram.quantile(0.5)],
    [0, 0, 0, 0, 0],
  )
  for (const value of [0, 3, 4.5]) histogram.record(value)
  assert.deepEqual(
    [histogram.count, histogram.mean, histogram.min, histogram.max],
    [3, 2.5, 0, 4.5],
  )
  histogram.clear()
  assert.deepEqual([histogram.count, histogram.max, histogram.quantile(1)], [0, 0, 0])
})

test('the share up to a value is that of a sorted list, its own bucket included', () => {
  const histogram = new Histogram()
  for (let value = 1; value <= 1_000; value++) histogram.record(value)
  assert.equal(histogram.share(0.5), 0)
  assert.ok(Math.abs(histogram.share(500) - 0.5) <= 0.004)
  assert.equal(histogram.share(1_000), 1)
  assert.equal(new Histogram().share(1), 0)
})

test('what two histograms counted adds up to what one would have counted', () => {
  const rng = new SeededRng(3)
  const [whole, left, right] = [new Histogram(), new Histogram(), new Histogram()]
  for (let i = 0; i < 10_000; i++) {
    const value = exponential(5).sample(rng)
    whole.record(value)
    if (i % 3 === 0) left.record(value)
    else right.record(value)
  }
  left.add(right)
  for (const share of SHARES) assert.equal(left.quantile(share), whole.quantile(share))
  assert.ok(Math.abs(left.mean - whole.mean) < 1e-9)
})

test('values beyond its range are counted at its ends, and a share beyond 0 to 1 is refused', () => {
  const histogram = new Histogram()
  histogram.record(1e-9)
  histogram.record(1e15)
  assert.equal(histogram.count, 2)
  assert.equal(histogram.quantile(1), 1e15)
  assert.throws(() => histogram.quantile(1.5), RangeError)
})
