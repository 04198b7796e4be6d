import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reloadsUnderLoad } from '../support/reloads-under-load.ts'

test('reloads under load fail no request and drop no WebSocket', async (t) => {
  const seen = await reloadsUnderLoad(t, { reloads: 20, overMs: 8_000 })
  t.diagnostic(`${seen.requests} requests, ${seen.messages} messages, ${seen.reloads} reloads`)
  assert.deepEqual(seen.failed.slice(0, 5), [])
})
