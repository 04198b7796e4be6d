import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { outlierEjection, roundRobin } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { listening } from '../support/listening.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { Steady } from '../support/steady.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const TIME_MS = 200
/** What it answers between an ejection and its next fall. */
const ANSWERS = 20
const DEADLINE_MS = 20_000

test('a flapping endpoint fails less than its share, and stays out longer each time', async (t) => {
  let isDown = true
  let answers = 0
  const flapping = await startRawEndpoint(t, async (socket, requests) => {
    while ((await requests.next({ deadlineMs: 60_000 }).catch(() => undefined)) !== undefined) {
      if (isDown) return socket.resetAndDestroy()
      socket.write(OK)
      answers++
      isDown = answers % ANSWERS === 0
    }
  })
  const others = Array.from({ length: 3 }, () => {
    const server = createServer((req, res) => req.resume().on('end', () => res.end('ok')))
    return listening(t, server)
  })
  const spy = upstreamSpy()
  const { gateway, port } = await startGatewayTo(
    t,
    [flapping.url, ...(await Promise.all(others))],
    {
      upstream: {
        balance: roundRobin(),
        plugins: [outlierEjection({ time: `${TIME_MS}ms` }), spy.use],
      },
    },
  )
  const state = () => {
    const [endpoint] = spy.upstream().endpoints
    assert.ok(endpoint)
    return spy.upstream().state(endpoint)
  }
  const traffic = new Steady(t, port, 200)
  const wantedMs: number[] = []
  for (let time = 1; time <= 4; time++) {
    await waitFor(() => state().holds.length > 0, `it is out time ${time}`, DEADLINE_MS)
    const [hold] = state().holds
    wantedMs.push((hold?.until ?? 0) - (hold?.since ?? 0))
    isDown = false
    await waitFor(() => state().holds.length === 0, `it is back time ${time}`, DEADLINE_MS)
  }
  const { statuses, failed } = await traffic.stop()
  const all = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  const bad = all - (statuses.get(200) ?? 0)
  t.diagnostic(`${bad} of ${all} requests failed; out for ${wantedMs} ms`)
  assert.equal(failed, 0)
  assert.ok(bad < all / 4, `${bad} of ${all}, four endpoints`)
  assert.deepEqual(
    state().changes.map(({ event, reason }) => `${event} ${reason}`),
    ['joined ', ...Array(4).fill(['held ejection', 'released ejection']).flat()],
  )
  for (const [n, ms] of wantedMs.entries()) {
    const longest = TIME_MS * 2 ** n
    assert.ok(ms > longest * 0.79 && ms <= longest, `ejection ${n} for ${ms} ms`)
    const [held, released] = state().changes.slice(1 + 2 * n)
    // Timers are late and never early.
    assert.ok((released?.at ?? 0) - (held?.at ?? 0) >= ms - 2, 'as the timeline has it')
  }
  await whenIdle(gateway)
})
