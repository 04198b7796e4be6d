import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from '../../../core/system/rng.ts'
import type { Run } from '../../../plugins/balance/hashing/point-run.ts'
import { sortedRun } from '../../../plugins/balance/hashing/point-run.ts'
import { RingPoints } from '../../../plugins/balance/hashing/ring-points.ts'

type Pair = readonly [point: number, owner: number]

const SEED = 20_261_127
const STEP = 2 ** 27
// Owners' ids are in another order than their numbers.
const idOf = (owner: number): string => `id${(owner * 7) % 10}`

test('points that are equal are kept in the order of their owners’ ids', () => {
  console.log(`seed ${SEED}`)
  const chance = new SeededRng(SEED)
  const ring = new RingPoints()
  let model: Pair[] = []
  for (let round = 0; round < 2_000; round++) {
    const going = model.filter(() => chance.below(3) === 0)
    const coming = Array.from(
      { length: chance.below(8) },
      (): Pair => [chance.below(32) * STEP, chance.below(10)],
    )
    const rest = [...model]
    for (const pair of going) rest.splice(rest.indexOf(pair), 1)
    model = sorted([...rest, ...coming])
    ring.change(run(going), run(coming), idOf)
    assert.deepEqual(pairsOf(ring), model, `round ${round}`)
    if (model.length === 0) continue
    for (let point = 0; point < 2 ** 32; point += STEP / 2) {
      const expected = model.findIndex(([other]) => other >= point)
      assert.equal(ring.position(point), Math.max(0, expected), `round ${round}, ${point}`)
    }
    assert.equal(ring.position(2 ** 32 - 1), 0)
  }
})

test('an endpoint’s points are the same, however many of them are asked for at once', () => {
  const part = { owner: 3, id: 'a', first: 123_456_789, second: -987_654_321 }
  const whole = sortedRun([{ ...part, from: 0, to: 1_000 }])
  const halves = [
    sortedRun([{ ...part, from: 0, to: 400 }]),
    sortedRun([{ ...part, from: 400, to: 1_000 }]),
  ]
  const joined = halves.flatMap(({ points }) => [...points]).sort((a, b) => a - b)
  assert.deepEqual([...whole.points], joined)
  assert.deepEqual(
    [...whole.points],
    [...whole.points].sort((a, b) => a - b),
  )
  assert.equal(new Set(whole.points).size, 1_000)
  assert.ok(whole.owners.every((owner) => owner === 3))
})

function run(pairs: readonly Pair[]): Run {
  const order = sorted(pairs)
  return {
    points: Uint32Array.from(order, ([point]) => point),
    owners: Uint32Array.from(order, ([, owner]) => owner),
  }
}

function pairsOf({ size, points, owners }: RingPoints): Pair[] {
  return Array.from({ length: size }, (_, at) => [points[at] ?? -1, owners[at] ?? -1])
}

function sorted(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort(([a, one], [b, other]) => a - b || (idOf(one) < idOf(other) ? -1 : 1))
}
