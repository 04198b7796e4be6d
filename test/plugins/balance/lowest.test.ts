import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import { SeededRng } from '../../../core/system/rng.ts'
import { Lowest } from '../../../plugins/balance/load/lowest.ts'

const SEED = 20_260_306

test('the lowest of costs that change at random is found, whatever their number', () => {
  console.log(`seed ${SEED}`)
  const rng = new SeededRng(SEED)
  const lowest = new Lowest(rng.fork('ties'))
  for (let round = 0; round < 300; round++) {
    const costs = Float64Array.from({ length: rng.below(40) }, () => rng.below(5))
    lowest.reset(costs)
    for (let step = 0; step < 50; step++) {
      const place = lowest.draw()
      const least = Math.min(...costs)
      if (least === Number.POSITIVE_INFINITY) assert.equal(place, -1)
      else assert.equal(costs[place], least)
      if (costs.length === 0) continue
      const changed = rng.below(costs.length)
      costs[changed] = rng.below(4) === 0 ? Number.POSITIVE_INFINITY : rng.below(5)
      lowest.set(changed, costs[changed] as number)
    }
  }
})

test('those that tie are equally likely, wherever they stand', () => {
  for (const count of [2, 3, 5, 16, 33]) {
    const lowest = new Lowest(new SeededRng(SEED))
    lowest.reset(new Float64Array(count + 3).fill(1).fill(2, 0, 3))
    const counts = new Array<number>(count).fill(0)
    for (let draw = 0; draw < 50_000; draw++) {
      const place = lowest.draw() - 3
      counts[place] = (counts[place] ?? 0) + 1
    }
    assert.ok(chiSquare(counts) < chiSquareLimit(count), `${count}: ${counts}`)
  }
})
