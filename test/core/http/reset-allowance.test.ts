import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResetAllowance } from '../../../core/http/reset-allowance.ts'

test('two hundred at once are too many, twenty a second never are', () => {
  const burst = new ResetAllowance(0)
  const taken = Array.from({ length: 201 }, () => burst.take(0))
  assert.deepEqual([taken.slice(0, 200).every(Boolean), taken[200]], [true, false])
  const steady = new ResetAllowance(0)
  const long = Array.from({ length: 2_000 }, (_, i) => steady.take(i * 50))
  assert.equal(long.every(Boolean), true)
})
