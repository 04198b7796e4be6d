import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseAnswerHead } from '../../../core/http/answer-fields.ts'

const HEADS = 1_000
const HEAD_BYTES = 32_768

/** Bytes in V8's heap once everything is gone that nobody holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

test('header names that are remembered do not keep the heads that they stood in', () => {
  const filling = 'a'.repeat(HEAD_BYTES)
  const before = heldBytes()
  for (let i = 0; i < HEADS; i++) {
    const head = `HTTP/1.1 200 OK\r\nx-a-name-of-this-answer-alone-${i}: 1\r\nx-a: ${filling}\r\n`
    // As the parser has it: one piece, of its own.
    parseAnswerHead(Buffer.from(head, 'latin1').toString('latin1'))
  }
  const held = heldBytes() - before
  assert.ok(held < (HEADS * HEAD_BYTES) / 8, `${held} bytes are held for ${HEADS} names`)
})
