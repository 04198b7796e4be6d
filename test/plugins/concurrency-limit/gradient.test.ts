import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Codel } from '../../../plugins/concurrency-limit/codel.ts'
import { gradient, nextLimit } from '../../../plugins/concurrency-limit/gradient.ts'
import { Unloaded } from '../../../plugins/concurrency-limit/unloaded.ts'

const BOUNDS = { min: 3, max: 1_000, headroom: 0.25 }

/** The ratio of loaded to unloaded latency at which a limit stays where it is. */
function ratioAtRest(limit: number): number {
  let low = 1
  let high = 4
  for (let step = 0; step < 60; step++) {
    const ratio = (low + high) / 2
    const next = nextLimit(limit, gradient(1, ratio, 0.25), { ...BOUNDS, max: 1e6 })
    if (next > limit) low = ratio
    else high = ratio
  }
  return low
}

test('a limit rests where the published equilibrium of the gradient is', () => {
  const published = { 10: 1.71, 25: 1.53, 50: 1.44, 100: 1.38, 400: 1.31, 1000: 1.29 }
  for (const [limit, ratio] of Object.entries(published)) {
    assert.equal(ratioAtRest(Number(limit)).toFixed(2), ratio.toFixed(2), `limit ${limit}`)
  }
})

test('one window halves a limit at most, or doubles it, beside the room for a queue', () => {
  assert.equal(gradient(1, 1_000, 0.25), 0.5)
  assert.equal(gradient(1_000, 1, 0.25), 2)
  assert.equal(gradient(0, 0, 0.25), 1)
  assert.equal(nextLimit(100, 0.5, BOUNDS), 50 + Math.sqrt(50))
  assert.equal(nextLimit(900, 2, BOUNDS), 1_000)
  assert.equal(nextLimit(2, 0.5, { ...BOUNDS, min: 10 }), 10)
})

test('no single answer moves the unloaded mean by more than four medians', () => {
  const unloaded = new Unloaded()
  unloaded.begin(0)
  for (let i = 0; i < 49; i++) assert.equal(unloaded.add(10, i), -1)
  assert.equal(unloaded.add(100_000, 50), 50)
  assert.equal(unloaded.clipMs, 40)
  assert.equal(unloaded.meanMs, (49 * 10 + 40) / 50)
})

test('a measurement of slow answers ends after half a second with ten of them', () => {
  const unloaded = new Unloaded()
  unloaded.begin(1_000)
  for (let i = 1; i < 10; i++) assert.equal(unloaded.add(400, 1_000 + i * 200), -1)
  assert.equal(unloaded.add(400, 3_000), 2_000)
  assert.equal(unloaded.isMeasuring, false)
})

test('whatever unloaded answers are like, those of an overwhelmed endpoint are seen as such', () => {
  for (let slow = 0; slow <= 50; slow++) {
    const unloaded = new Unloaded()
    unloaded.begin(0)
    for (let i = 0; i < 50; i++) unloaded.add(i < slow ? 500 : 5, 0)
    const overwhelmed = unloaded.clipMs
    assert.ok(gradient(unloaded.meanMs, overwhelmed, 0.25) < 0.79, `${slow} of 50 are slow`)
  }
})

test('a queue that is empty once an interval gives nobody up, a standing one who waited too long', () => {
  const codel = new Codel(5, 100)
  const at = (now: number, waitedMs: number) => codel.givesUp(waitedMs, now)
  assert.deepEqual([at(0, 50), at(50, 2), at(99, 80)], [false, false, false])
  assert.deepEqual([at(100, 80), at(150, 60)], [false, false])
  assert.deepEqual([at(200, 11), at(210, 10), at(220, 60)], [true, false, true])
  assert.deepEqual([at(300, 60), at(310, 0), at(400, 60)], [true, false, false])
})
