import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reloadsUnderLoad } from '../support/reloads-under-load.ts'

test('50 reloads in 30 s under load fail no request and drop no WebSocket', async (t) => {
  const seen = await reloadsUnderLoad(t, { reloads: 50, overMs: 30_000 })
  t.diagnostic(`${seen.requests} requests, ${seen.messages} messages, ${seen.reloads} reloads`)
  assert.deepEqual(seen.failed.slice(0, 5), [])
})
