import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Budget } from '../../../plugins/retry/budget.ts'

const OPTIONS = { share: 0.2, min: 3, window: 10_000 }

test('a quiet upstream has the least number of retries, and again a window later', () => {
  const budget = new Budget(OPTIONS)
  const taken = (now: number) => [
    budget.take(now),
    budget.take(now),
    budget.take(now),
    budget.take(now),
  ]
  assert.deepEqual(taken(0), [true, true, true, false])
  assert.equal(budget.take(9_999), false)
  assert.deepEqual(taken(12_000), [true, true, true, false])
})

test('a busy upstream has a share of its requests', () => {
  const budget = new Budget(OPTIONS)
  for (let i = 0; i < 100; i++) budget.started(500)
  let taken = 0
  while (budget.take(600)) taken++
  assert.equal(taken, 20)
})

test('what was refused is told once a window', () => {
  const budget = new Budget({ ...OPTIONS, min: 0 })
  for (let i = 0; i < 5; i++) assert.equal(budget.take(0), false)
  assert.equal(budget.refused(0), 5)
  assert.equal(budget.take(1), false)
  assert.equal(budget.refused(1), 0)
  assert.equal(budget.refused(10_000), 1)
})

test('no retry of any run is beyond the budget of the window it ends', () => {
  const steps = fc.array(
    fc.record({ pauseMs: fc.nat({ max: 3_000 }), requests: fc.nat({ max: 30 }) }),
    { minLength: 1, maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (run) => {
      const budget = new Budget(OPTIONS)
      const requests: number[] = []
      const retries: number[] = []
      let now = 0
      for (const { pauseMs, requests: count } of run) {
        now += pauseMs
        for (let i = 0; i < count; i++) {
          budget.started(now)
          requests.push(now)
          if (!budget.take(now)) continue
          retries.push(now)
          const since = (at: number) => at > now - OPTIONS.window
          const allowed = Math.max(OPTIONS.min, OPTIONS.share * requests.filter(since).length)
          assert.ok(retries.filter(since).length <= allowed)
        }
      }
    }),
    { verbose: true },
  )
})
