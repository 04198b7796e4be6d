import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { UpstreamConfig } from 'sluice'
import type { Gateway } from 'sluice/gateway'
import { outlierEjection, powerOfTwo, retry, standard } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { startEndpointProcess } from '../support/endpoint-process.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { listening } from '../support/listening.ts'
import { inflightOf, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { Steady } from '../support/steady.ts'

// What a busy machine may add; the time that it took is told.
const SLACK_MS = 2_000

/** Endpoints that answer at once. */
function good(t: TestContext, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, () =>
      listening(
        t,
        createServer((req, res) => req.resume().on('end', () => res.end('ok'))),
      ),
    ),
  )
}

async function start(
  t: TestContext,
  endpoints: readonly string[],
  upstream: Partial<UpstreamConfig> = {},
) {
  const { gateway, port } = await startGatewayTo(t, endpoints, {
    upstream: { balance: powerOfTwo(), plugins: [outlierEjection(), retry()], ...upstream },
  })
  return { gateway, port }
}

function ejected(gateway: Gateway): string[] {
  const { endpoints } = gateway.status().upstreams.it ?? { endpoints: [] }
  return endpoints.filter(({ ready }) => !ready).map(({ url }) => url)
}

/** Ms until exactly these endpoints are out. */
async function outWithin(gateway: Gateway, urls: readonly string[], ms: number): Promise<number> {
  const began = performance.now()
  await waitFor(
    () => ejected(gateway).join() === urls.join(),
    () => `${urls} is out, but ${ejected(gateway)}`,
    ms,
  )
  return Math.round(performance.now() - began)
}

test('an endpoint that is killed costs no GET with retry, and is out within a second', async (t) => {
  const victim = await startEndpointProcess(t)
  const { gateway, port } = await start(t, [victim.url, ...(await good(t, 3))])
  const traffic = new Steady(t, port, 200)
  // Retries are a share of the requests of the last ten seconds.
  await traffic.for(2_000)
  victim.kill('SIGKILL')
  const ms = await outWithin(gateway, [victim.url], 1_000 + SLACK_MS)
  await traffic.for(1_000)
  const { statuses, failed } = await traffic.stop()
  t.diagnostic(`out after ${ms} ms; ${statuses.get(200)} requests`)
  assert.deepEqual([...statuses.keys()], [200])
  assert.equal(failed, 0)
  await whenIdle(gateway)
})

test('without retry only those fail that were on it or found it gone', async (t) => {
  const victim = await startEndpointProcess(t)
  const { gateway, port } = await start(t, [victim.url, ...(await good(t, 3))], {
    plugins: [outlierEjection()],
  })
  const traffic = new Steady(t, port, 500)
  await traffic.for(300)
  victim.kill('SIGKILL')
  await outWithin(gateway, [victim.url], 1_000 + SLACK_MS)
  await traffic.for(500)
  const { statuses } = await traffic.stop()
  assert.ok((statuses.get(502) ?? 0) < 20, JSON.stringify([...statuses]))
})

test('an endpoint that is frozen is out within 2.5 s, and back without a failure once it wakes', async (t) => {
  const victim = await startEndpointProcess(t)
  const { gateway, port } = await start(t, [victim.url, ...(await good(t, 3))])
  const traffic = new Steady(t, port, 300)
  await traffic.for(1_000)
  const before = traffic.p99
  victim.kill('SIGSTOP')
  const ms = await outWithin(gateway, [victim.url], 2_500 + SLACK_MS)
  traffic.forget()
  const stuck = inflightOf(gateway)
  await traffic.for(1_000)
  t.diagnostic(`p99 ${before.toFixed(1)} ms before, ${traffic.p99.toFixed(1)} ms once it was out`)
  assert.ok((traffic.statuses.get(200) ?? 0) > 200)
  assert.ok(inflightOf(gateway) < stuck + 5, 'nothing more is kept waiting')
  victim.kill('SIGCONT')
  const backMs = await outWithin(gateway, [], 1_000)
  await traffic.for(500)
  const { statuses, failed } = await traffic.stop()
  t.diagnostic(`out after ${ms} ms, back after ${backMs} ms`)
  assert.deepEqual([[...statuses.keys()], failed], [[200], 0])
  await whenIdle(gateway)
})

test('one that accepts and never answers is out within 2.5 s; POSTs that it has show it too', async (t) => {
  const silent = await startRawEndpoint(t, () => undefined)
  const { gateway, port } = await start(t, [silent.url, ...(await good(t, 3))], {
    timeouts: { response: '4s' },
  })
  // Two choices send it a third flow only where others have some in flight.
  const warm = new Steady(t, port, 800, { method: 'POST', body: 'x'.repeat(2_000) })
  const ms = await outWithin(gateway, [silent.url], 2_500 + SLACK_MS)
  t.diagnostic(`out after ${ms} ms`)
  const { statuses } = await warm.stop()
  assert.ok((statuses.get(504) ?? 0) < 60, JSON.stringify([...statuses]))
})

for (const [name, share] of [
  ['everything', 1],
  ['every second request', 2],
] as const) {
  test(`an endpoint that answers 500 to ${name} is held for that and gets little`, async (t) => {
    let asked = 0
    const bad = await listening(
      t,
      createServer((_req, res) => {
        res.statusCode = asked++ % share === 0 ? 500 : 200
        res.end()
      }),
    )
    const { gateway, port } = await start(t, [bad, ...(await good(t, 3))])
    const traffic = new Steady(t, port, 800)
    await outWithin(gateway, [bad], 8_000)
    const before = asked
    await traffic.for(1_500)
    assert.equal(asked, before, 'nothing goes there')
    const { statuses } = await traffic.stop()
    assert.ok((statuses.get(500) ?? 0) < 60, JSON.stringify([...statuses]))
  })
}

test('when all are down answers come at once, and one that returns serves without a failure', async (t) => {
  const first = await startEndpointProcess(t)
  const second = await startEndpointProcess(t)
  const { port } = await start(t, [first.url, second.url], {
    plugins: [outlierEjection({ time: '1s' }), retry()],
  })
  const traffic = new Steady(t, port, 100)
  await traffic.for(500)
  first.kill('SIGKILL')
  second.kill('SIGKILL')
  await traffic.for(1_500)
  const began = performance.now()
  const refused = await fetch(`http://127.0.0.1:${port}/`)
  assert.ok(refused.status === 502 || refused.status === 503)
  assert.ok(performance.now() - began < 200)
  await startEndpointProcess(t, first.port)
  traffic.forget()
  await waitFor(() => (traffic.statuses.get(200) ?? 0) > 5, 'it serves', 2_000)
  traffic.forget()
  await traffic.for(500)
  assert.equal((await traffic.stop()).statuses.get(502), undefined)
})

test('the standard plugins do the same for a whole gateway', async (t) => {
  const victim = await startEndpointProcess(t)
  const { gateway, port } = await startGatewayTo(t, [victim.url, ...(await good(t, 2))], {
    plugins: standard({ drain: false }),
  })
  const traffic = new Steady(t, port, 300)
  await traffic.for(300)
  victim.kill('SIGKILL')
  await outWithin(gateway, [victim.url], 1_000 + SLACK_MS)
  const { statuses, failed } = await traffic.stop()
  assert.deepEqual([[...statuses.keys()], failed], [[200], 0])
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  assert.ok(answer.headers.has('x-request-id'))
})
