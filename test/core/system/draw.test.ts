import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cheapestOf } from '../../../core/system/draw.ts'
import { SeededRng } from '../../../core/system/rng.ts'

const SEED = 20_260_204

test('the draws are different, and each set is as likely', () => {
  const rng = new SeededRng(SEED)
  const list = [0, 1, 2, 3, 4]
  const counts = new Map<string, number>()
  for (let i = 0; i < 10_000; i++) {
    const drawn: number[] = []
    cheapestOf(list, 3, (item) => drawn.push(item), rng)
    const set = drawn.sort().join()
    counts.set(set, (counts.get(set) ?? 0) + 1)
  }
  assert.equal(counts.size, 10, 'three of five make ten sets')
  // Chi-square, 9 degrees of freedom, beyond which chance goes once in a million.
  const off = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
  assert.ok(off < 46, `seed ${SEED}: ${off}`)
})

test('the cheapest drawn is taken, of several the one drawn first, and each is asked once', () => {
  const rng = new SeededRng(SEED)
  for (let i = 0; i < 100; i++) {
    const asked: number[] = []
    const price = (item: number): number => {
      asked.push(item)
      return item >> 1
    }
    const best = cheapestOf([0, 1, 2, 3, 4, 5], 4, price, rng)
    const lowest = Math.min(...asked.map((item) => item >> 1))
    assert.equal(asked.length, 4)
    assert.equal(
      best,
      asked.find((item) => item >> 1 === lowest),
    )
  }
})

test('with fewer items than choices all are looked at; among none there is nothing to take', () => {
  const rng = new SeededRng(SEED)
  const self = (item: number): number => item
  assert.equal(cheapestOf([3, 1], 5, self, rng), 1)
  assert.equal(cheapestOf([Number.POSITIVE_INFINITY], 2, self, rng), Number.POSITIVE_INFINITY)
  assert.equal(cheapestOf([], 2, self, rng), undefined)
})

test('the items stay, in another order', () => {
  const list = [1, 2, 3, 4, 5, 6]
  cheapestOf(list, 3, (item) => item, new SeededRng(SEED))
  assert.deepEqual(list.toSorted(), [1, 2, 3, 4, 5, 6])
})
