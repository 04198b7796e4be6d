import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { stickySession } from 'sluice/plugins'
import WebSocket from 'ws'
import { within } from '../support/deadline.ts'
import { startGatewayTo } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'
import { type EchoEndpoint, startEcho } from '../support/web-socket-echo.ts'

const SECRET = 'a secret of the tests, long enough'

/** Opens a WebSocket; gives the cookies that its 101 set, as a request sends them. */
async function open(t: Teardown, port: number, cookie = ''): Promise<readonly string[]> {
  const headers = cookie === '' ? {} : { cookie }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
  t.after(() => socket.terminate())
  const [answer] = await within(once(socket, 'upgrade'), 'the answer to an upgrade')
  return ((answer.headers['set-cookie'] ?? []) as string[]).map((line) => line.split(';')[0] ?? '')
}

const counts = (endpoints: readonly EchoEndpoint[]) => endpoints.map(({ asked }) => asked.length)

test('a WebSocket is bound by its 101, and the next one goes to the same endpoint', async (t) => {
  const endpoints = [await startEcho(t), await startEcho(t), await startEcho(t)]
  const { port } = await startGatewayTo(
    t,
    endpoints.map(({ url }) => url),
    { route: { plugins: [stickySession({ secret: SECRET })] } },
  )
  const [cookie = ''] = await open(t, port)
  assert.match(cookie, /^sluice-it=[\w-]{44}$/)
  for (let i = 0; i < 5; i++) assert.deepEqual(await open(t, port, `a=1; ${cookie}`), [])
  assert.deepEqual(counts(endpoints), [6, 0, 0])
  assert.equal(endpoints[0]?.asked[1]?.headers.cookie, 'a=1')

  // Plain requests are of the same session.
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
  assert.deepEqual([answer.status, answer.headers.getSetCookie()], [200, []])
})

test('a WebSocket of a session goes elsewhere when its endpoint is gone, and is bound there', async (t) => {
  const endpoints = [await startEcho(t), await startEcho(t)]
  const urls = endpoints.map(({ url }) => url)
  const use = stickySession({ secret: SECRET })
  const { port, gateway } = await startGatewayTo(t, urls, { route: { plugins: [use] } })
  const [first = ''] = await open(t, port)
  const { roundRobin } = await import('sluice/plugins')
  await gateway.reload({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: urls.slice(1), balance: roundRobin() } },
    routes: [{ path: '/', to: 'it', plugins: [use] }],
    shutdownTimeout: '500ms',
  })
  const [second = ''] = await open(t, port, first)
  assert.match(second, /^sluice-it=/)
  assert.deepEqual(await open(t, port, second), [])
  assert.deepEqual(counts(endpoints), [1, 2])
})
