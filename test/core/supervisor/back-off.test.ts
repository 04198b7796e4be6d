import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from '../../../core/supervisor/back-off.ts'

test('the first failure costs no time, those that follow twice as much each, up to 30 s', () => {
  const backOff = new BackOff()
  const delays = Array.from({ length: 10 }, () => backOff.next(0))
  assert.deepEqual(delays, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('a worker that served for 10 s is replaced at once, whatever was before', () => {
  const backOff = new BackOff()
  for (let i = 0; i < 5; i++) backOff.next(9_999)
  assert.equal(backOff.next(10_000), 0)
  assert.equal(backOff.next(9_999), 250)
})
