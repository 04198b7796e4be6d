import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Due, EventQueue } from '../../../core/simulate/event-queue.ts'

const SEED = 20_260_141

interface Named extends Due {
  readonly name: number
}

test('what is added and removed in any order comes out as from a sorted list', () => {
  console.log(`seed ${SEED}`)
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.nat({ max: 20 }) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
    { weight: 2, arbitrary: fc.constant({ take: true }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const queue = new EventQueue()
      const expected: { item: Named; at: number }[] = []
      const sort = () => expected.sort((a, b) => a.at - b.at || a.item.name - b.item.name)
      const everAdded: Named[] = []
      for (const [name, one] of steps.entries()) {
        if ('add' in one) {
          const item: Named = { name, place: -1, due() {} }
          queue.add(item, one.add)
          expected.push({ item, at: one.add })
          everAdded.push(item)
        } else if ('remove' in one) {
          const item = everAdded[one.remove % (everAdded.length || 1)]
          if (item === undefined) continue
          queue.remove(item)
          const at = expected.findIndex((other) => other.item === item)
          if (at >= 0) expected.splice(at, 1)
        } else {
          sort()
          assert.equal(queue.nextAt, expected[0]?.at ?? Number.POSITIVE_INFINITY)
          assert.equal(queue.take(), expected.shift()?.item)
        }
        assert.equal(queue.size, expected.length)
      }
      for (const { item } of sort()) assert.equal(queue.take(), item)
      assert.equal(queue.take(), undefined)
      assert.ok(everAdded.every(({ place }) => place === -1))
    }),
    { seed: SEED, numRuns: 500 },
  )
})
