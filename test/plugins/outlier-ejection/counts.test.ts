import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Counts, FAILURES, REQUESTS } from '../../../plugins/outlier-ejection/counts.ts'

const SEED = 20_261_125
const WINDOW = 10

const step = fc.record({
  by: fc.nat({ max: 4 }),
  who: fc.nat({ max: 1 }),
  amount: fc.integer({ min: 1, max: 3 }),
})

test('sums are those of the last ten slots, and of all without one what the other has', () => {
  console.log(`seed ${SEED}`)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const [all, ...own] = [new Counts(), new Counts(), new Counts()]
      const log: { slot: number; who: number; amount: number }[] = []
      let slot = 1_000_000
      for (const { by, who, amount } of steps) {
        slot += by
        log.push({ slot, who, amount })
        for (const counts of [all, own[who]]) {
          counts?.advance(slot)
          counts?.add(FAILURES, amount)
          counts?.add(REQUESTS, 1)
        }
      }
      const recent = log.filter((one) => one.slot > slot - WINDOW)
      const amounts = (who?: number) =>
        recent
          .filter((one) => who === undefined || one.who === who)
          .reduce((sum, one) => sum + one.amount, 0)
      for (const counts of [all, ...own]) counts.advance(slot)
      assert.equal(all.sum(FAILURES), amounts())
      assert.equal(all.sum(REQUESTS), recent.length)
      assert.deepEqual(
        own.map((counts) => counts.sum(FAILURES)),
        [amounts(0), amounts(1)],
      )
      all.subtract(own[0] as Counts)
      own[0]?.clear()
      for (let i = 0; i < 12; i++) {
        assert.equal(all.sum(FAILURES), own[1]?.sum(FAILURES))
        slot++
        for (const counts of [all, ...own]) counts.advance(slot)
      }
      assert.equal(all.sum(FAILURES), 0)
    }),
    { seed: SEED, numRuns: 300 },
  )
})
