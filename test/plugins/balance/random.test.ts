import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import { random } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'
import { countsOf } from './traffic.ts'

const SEED = 20_260_302
const PICKS = 200_000

function assertShares(counts: readonly number[], weights: readonly number[]): void {
  const found = chiSquare(counts, [...weights])
  assert.ok(found < chiSquareLimit(weights.length), `seed ${SEED}: ${counts} for ${weights}`)
}

for (const weights of [
  [1, 2, 3, 4],
  [100, 1, 1],
  [0.1, 1, 1, 1, 0.5],
  [1, 1e-3, 1],
  Array.from({ length: 200 }, (_, n) => 1 + (n % 7)),
]) {
  test(`${weights.length} endpoints of weights ${weights.slice(0, 5)} get shares by weight`, () => {
    const ready = stands(weights.length)
    for (const [place, weight] of weights.entries()) (ready[place] as Stand).weight = weight
    assertShares(
      countsOf(new StrategyBench(random(), SEED).update(ready), PICKS, ready.length),
      weights,
    )
  })
}

test('equal weights are the plain draw, whatever they are', () => {
  const run = (weight: number): (number | undefined)[] => {
    const ready = stands(5).map((stand) => ({ ...stand, weight }))
    const bench = new StrategyBench(random(), SEED).update(ready)
    return Array.from({ length: 100 }, () => bench.pick()?.index)
  }
  assert.deepEqual(run(1), run(0.3))
})

test('weights that changed count from the next update on', () => {
  const ready = stands(3)
  const bench = new StrategyBench(random(), SEED).update(ready)
  ;(ready[0] as Stand).weight = 4
  assertShares(countsOf(bench.update([...ready]), PICKS, 3), [4, 1, 1])
  ;(ready[0] as Stand).weight = 1
  assertShares(countsOf(bench.update([...ready]), PICKS, 3), [1, 1, 1])
})
