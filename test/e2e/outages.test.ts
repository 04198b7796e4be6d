import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { EndpointChange, PluginUse, Upstream, UpstreamConfig } from 'sluice'
import { healthCheck, outlierEjection, powerOfTwo, retry } from 'sluice/plugins'
import { startBlackHole } from '../support/black-hole.ts'
import { waitFor } from '../support/deadline.ts'
import { startEndpointProcess } from '../support/endpoint-process.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { listening } from '../support/listening.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { Steady } from '../support/steady.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

const DEADLINE_MS = 15_000
const OFTEN = { interval: 200, fastInterval: 100, timeout: 150 } as const
const PASSIVE = [outlierEjection(), retry()]

function good(t: TestContext, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, () =>
      listening(
        t,
        createServer((_req, res) => res.end('ok')),
      ),
    ),
  )
}

/** A gateway to these endpoints, and what its upstream knows of the first one. */
async function start(
  t: TestContext,
  endpoints: readonly string[],
  plugins: readonly PluginUse[],
  more: Partial<UpstreamConfig> = {},
) {
  const spy = upstreamSpy()
  const { gateway, port } = await startGatewayTo(t, endpoints, {
    upstream: { balance: powerOfTwo(), plugins: [...plugins, spy.use], ...more },
  })
  const upstream = spy.upstream()
  const attempts: string[] = []
  upstream.observe((endpoint, _latencyMs, outcome) => {
    if (endpoint === upstream.endpoints[0]) attempts.push(outcome)
  })
  return { gateway, port, upstream, attempts }
}

function changesOf(upstream: Upstream, at = 0): readonly EndpointChange[] {
  const endpoint = upstream.endpoints[at]
  assert(endpoint)
  return upstream.state(endpoint).changes
}

function held(upstream: Upstream): string[] {
  return changesOf(upstream)
    .filter(({ event }) => event === 'held')
    .map(({ reason, cause }) => `${reason}: ${cause}`)
}

test('a black hole is ejected, and its share is what finding out costs', async (t) => {
  const hole = await startBlackHole(t)
  const { gateway, port, upstream, attempts } = await start(
    t,
    [hole, ...(await good(t, 3))],
    PASSIVE,
    { timeouts: { connect: '300ms' } },
  )
  const traffic = new Steady(t, port, 300)
  await waitFor(() => held(upstream).length === 1, 'it is out', DEADLINE_MS)
  assert.match(held(upstream)[0] ?? '', /^ejection: \d failed connections in a row$/)
  await pause(500)
  const found = attempts.length
  traffic.forget()
  await pause(2_000)
  assert.equal(attempts.length, found, 'nothing goes there meanwhile')
  await waitFor(() => held(upstream).length === 2, 'it is tried again, and out again', DEADLINE_MS)
  const { statuses, failed } = await traffic.stop()
  t.diagnostic(`${attempts.length} attempts on it beside ${statuses.get(200)} requests`)
  assert.deepEqual([[...statuses.keys()], failed], [[200], 0])
  assert.deepEqual(new Set(attempts), new Set(['connect-failed']))
  assert.ok(attempts.length < 40, `${attempts.length} attempts`)
  await whenIdle(gateway)
})

test('a check holds a black hole as unreachable before it gets a request', async (t) => {
  const hole = await startBlackHole(t)
  const { port, upstream, attempts } = await start(
    t,
    [hole, ...(await good(t, 2))],
    [healthCheck(OFTEN)],
  )
  const isOut = () => held(upstream).some((hold) => /^unreachable: \d x connect timeout/.test(hold))
  await waitFor(isOut, () => held(upstream).join(), DEADLINE_MS)
  const traffic = new Steady(t, port, 200)
  await pause(1_000)
  const { statuses, failed } = await traffic.stop()
  assert.deepEqual([[...statuses.keys()], failed, attempts], [[200], 0, []])
})

test('an endpoint that resets within its answers is held for that, and comes back once it is well', async (t) => {
  let isWell = false
  let asked = 0
  const bad = await startRawEndpoint(t, async (socket, requests) => {
    while ((await requests.next({ deadlineMs: 60_000 }).catch(() => undefined)) !== undefined) {
      asked++
      const body = isWell ? 'whole' : 'half'
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${isWell ? 5 : 9}\r\n\r\n${body}`, () => {
        if (!isWell) setImmediate(() => socket.resetAndDestroy())
      })
    }
  })
  const { port, upstream, attempts } = await start(
    t,
    [bad.url, ...(await good(t, 3))],
    [outlierEjection({ time: '1s' }), retry()],
  )
  const traffic = new Steady(t, port, 300)
  await waitFor(() => held(upstream).length === 1, 'it is out', DEADLINE_MS)
  assert.match(held(upstream)[0] ?? '', /^ejection: \d+ % of requests fail, 0 % elsewhere$/)
  assert.deepEqual(new Set(attempts), new Set(['upstream-error']))
  // No more of them: a client that has half an answer cannot be helped.
  assert.ok(attempts.length < 30, `${attempts.length} attempts`)
  isWell = true
  const before = asked
  await waitFor(() => changesOf(upstream).at(-1)?.event === 'released', 'it is back', DEADLINE_MS)
  traffic.forget()
  await waitFor(() => asked - before > 50, 'its share of the traffic', DEADLINE_MS)
  const { statuses, failed } = await traffic.stop()
  assert.deepEqual([[...statuses.keys()], failed], [[200], 0])
})

test('with checks 503 comes at once when all are down, and the first to return is not overrun', async (t) => {
  const endpoints = await Promise.all([0, 0, 0, 0].map(() => startEndpointProcess(t)))
  const urls = endpoints.map(({ url }) => url)
  const { gateway, port, upstream } = await start(t, urls, [healthCheck(OFTEN), ...PASSIVE], {
    connections: { max: 4 },
  })
  const ready = () => upstream.endpoints.filter(({ holds }) => holds === 0).length
  await waitFor(() => ready() === 4, 'the first checks')
  const traffic = new Steady(t, port, 300)
  await pause(500)
  for (const { kill } of endpoints) kill('SIGKILL')
  const isGone = () => upstream.endpoints.every(({ firmHolds }) => firmHolds !== 0)
  await waitFor(isGone, 'all are out', DEADLINE_MS)
  assert.match(held(upstream).join(), /unreachable: 3 .*connection refused/)
  // Requests that were refused before are tried again, and end as they did.
  await pause(300)

  traffic.forget()
  const took: number[] = []
  for (let i = 0; i < 50; i++) {
    const began = performance.now()
    const answer = await fetch(`http://127.0.0.1:${port}/`)
    took.push(performance.now() - began)
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
    await answer.arrayBuffer()
  }
  const median = took.sort((a, b) => a - b)[25] ?? 0
  t.diagnostic(`503 after ${median.toFixed(1)} ms`)

  const [first] = endpoints
  assert(first)
  let now = 0
  let most = 0
  const back = createServer((req, res) => {
    if (req.headers['user-agent'] === 'sluice-health-check') return res.end()
    most = Math.max(most, ++now)
    res.on('close', () => now--)
    return setTimeout(() => res.end('ok'), 20)
  }).listen(first.port, '127.0.0.1')
  await once(back, 'listening')
  t.after(() => back.close())
  t.after(() => back.closeAllConnections())
  const began = performance.now()
  await waitFor(() => ready() === 1, 'it is back', DEADLINE_MS)
  t.diagnostic(`back ${Math.round(performance.now() - began)} ms after it listened`)
  assert.equal(changesOf(upstream).at(-1)?.cause, 'a check passed')
  await waitFor(() => (traffic.statuses.get(200) ?? 0) > 100, 'it serves', DEADLINE_MS)
  const { statuses, failed } = await traffic.stop()
  // More than it may have at once are told so: none waits, none fails on it.
  assert.deepEqual([[...statuses.keys()].sort(), failed], [[200, 503], 0])
  assert.ok(most <= 4, `${most} requests at once`)
  await whenIdle(gateway)
})

test('without checks requests are refused as fast as connections, and find the first to return', async (t) => {
  const endpoints = await Promise.all([0, 0, 0, 0].map(() => startEndpointProcess(t)))
  const urls = endpoints.map(({ url }) => url)
  const { gateway, port, upstream } = await start(t, urls, PASSIVE)
  const traffic = new Steady(t, port, 200)
  await pause(1_000)
  for (const { kill } of endpoints) kill('SIGKILL')
  await pause(200)
  const before = traffic.statuses.get(200) ?? 0
  await waitFor(() => (traffic.statuses.get(502) ?? 0) > 200, 'all are down', DEADLINE_MS)
  const out = () => upstream.endpoints.filter(({ holds }) => holds !== 0)
  await waitFor(() => out().length === 0, 'all are alike', DEADLINE_MS)
  await startEndpointProcess(t, endpoints[0]?.port)
  const began = performance.now()
  await waitFor(() => (traffic.statuses.get(200) ?? 0) > before + 50, 'it serves', DEADLINE_MS)
  t.diagnostic(`50 answers ${Math.round(performance.now() - began)} ms after it listened`)
  await traffic.stop()
  await whenIdle(gateway)
})
