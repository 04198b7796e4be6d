import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadBuffers } from '../../../core/http/read-buffers.ts'

test('a buffer is read into again once the last piece of what it held is given back', () => {
  const buffers = new ReadBuffers()
  const buffer = buffers.take()
  const read = buffers.filled(buffer, 100)
  buffers.give(read.subarray(0, 60))
  assert.notEqual(buffers.take().buffer, buffer.buffer)
  buffers.give(read.subarray(60))
  assert.equal(buffers.take().buffer, buffer.buffer)
})

test('a buffer given back twice is handed out once', () => {
  const buffers = new ReadBuffers()
  const read = buffers.filled(buffers.take(), 10)
  buffers.give(read)
  buffers.give(read)
  assert.notEqual(buffers.take().buffer, buffers.take().buffer)
})

test('memory that was never handed out is not taken', () => {
  const buffers = new ReadBuffers()
  const foreign = Buffer.allocUnsafeSlow(65_536)
  buffers.give(foreign)
  assert.notEqual(buffers.take().buffer, foreign.buffer)
})

test('a buffer has its whole size again, however little was read into it', () => {
  const buffers = new ReadBuffers()
  const size = buffers.take().length
  buffers.give(buffers.filled(buffers.take(), 1))
  assert.equal(buffers.take().length, size)
})
