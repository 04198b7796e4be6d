import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteConfig, UpstreamConfig } from 'sluice'
import { breakersOf, circuitBreaker, retry, roundRobin } from 'sluice/plugins'
import { answerText, type Endpoint, startEndpoint } from '../support/endpoint-server.ts'
import { startGateway, whenIdle } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

const BREAKER = circuitBreaker({ consecutive: 3, openFor: '1m' })

async function start(
  t: Teardown,
  endpoints: readonly Endpoint[],
  upstream: Partial<UpstreamConfig> = {},
  route: Partial<RouteConfig<'it'>> = {},
) {
  const spy = upstreamSpy()
  const { gateway, port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints: endpoints.map(({ url }) => url),
        balance: roundRobin(),
        ...upstream,
        plugins: [...(upstream.plugins ?? [BREAKER, retry({ retries: 2 })]), spy.use],
      },
    },
    routes: [{ path: '/', to: 'it', ...route } as RouteConfig<'it'>],
  })
  const stateOf = (place: number) => {
    const endpoint = spy.upstream().endpoints[place]
    const [breaker] = endpoint === undefined ? [] : breakersOf(endpoint)
    return breaker?.opened === true ? 'open' : breaker?.halfOpen === true ? 'half-open' : 'closed'
  }
  return { gateway, url: `http://127.0.0.1:${port}/`, stateOf }
}

const failing = (t: Teardown) =>
  startEndpoint(t, () => answerText('no', '', '503 Service Unavailable'))
const well = (t: Teardown) => startEndpoint(t, () => answerText('well'))

test('no client sees the failures by which an endpoint is opened: retries find the others', async (t) => {
  const [bad, good] = [await failing(t), await well(t)]
  const { gateway, url, stateOf } = await start(t, [bad, good])
  for (let i = 0; i < 20; i++) {
    const answer = await fetch(url)
    assert.deepEqual([answer.status, await answer.text()], [200, 'well'])
  }
  assert.equal(stateOf(0), 'open')
  assert.equal(bad.requests.length, 3)
  assert.equal(good.requests.length, 20)
  await whenIdle(gateway)
})

test('where retries open one endpoint after another each is asked once, then the fallback stands in', async (t) => {
  const plugins = [circuitBreaker({ consecutive: 1, openFor: '1m' }), retry({ retries: 2 })]
  const fallback = { status: 200, body: 'stale' } as const
  const all = [await failing(t), await failing(t)]
  const { gateway, url, stateOf } = await start(t, all, { plugins }, { fallback })
  // Nobody is left to ask: what the last one said is the answer.
  assert.equal((await fetch(url)).status, 503)
  assert.deepEqual([stateOf(0), stateOf(1)], ['open', 'open'])
  for (let i = 0; i < 3; i++) assert.equal(await (await fetch(url)).text(), 'stale')
  for (const endpoint of all) assert.equal(endpoint.requests.length, 1)
  await whenIdle(gateway)
})
