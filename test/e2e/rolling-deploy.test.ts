import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollingDeploy } from '../support/rolling-deploy.ts'

// The long form is `npm run chaos:deploy`.
test('no request and no WebSocket is lost while every endpoint is drained, killed and started anew', async (t) => {
  const load = { rounds: 1, clients: 12, sockets: 12, pauseMs: 10 }
  const { requests, failures, reconnects, drainsMs } = await rollingDeploy(t, load)
  assert.deepEqual(failures, [])
  assert.ok(requests > 100 && reconnects >= load.sockets, `${requests}, ${reconnects}`)
  const drains = drainsMs.map((ms) => Math.round(ms)).join(', ')
  t.diagnostic(`${requests} requests, ${reconnects} reconnects; drains took ${drains} ms`)
})
