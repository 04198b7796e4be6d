import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeptBytes } from '../../../core/http/kept-bytes.ts'

test('bytes that come one by one are kept in few pieces', () => {
  const kept = new KeptBytes()
  for (let i = 0; i < 60_000; i++) kept.add(Buffer.alloc(1, i))
  const memory = kept.pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  assert.ok(kept.pieces.length <= 20, `${kept.pieces.length} pieces`)
  assert.ok(memory <= 80_000, `${memory} bytes`)
})

test('a body of one piece is kept as it came', () => {
  const kept = new KeptBytes()
  const piece = Buffer.from('whole')
  kept.add(piece)
  assert.equal(kept.pieces[0], piece)
})

test('every byte is kept in its order, however it came and was read in between', () => {
  const seed = 20_261_125
  console.log(`seed ${seed}`)
  const length = fc.oneof(fc.nat(20), fc.nat(5_000))
  const step = fc.record({ length, isRead: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const kept = new KeptBytes()
      const all: Buffer[] = []
      for (const [number, { length, isRead }] of steps.entries()) {
        const piece = Buffer.alloc(length, number)
        all.push(piece)
        kept.add(piece)
        if (isRead) assert.deepEqual(Buffer.concat(kept.pieces), Buffer.concat(all))
      }
      assert.deepEqual(Buffer.concat(kept.pieces), Buffer.concat(all))
    }),
    { seed, numRuns: 500 },
  )
})
