import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, type PluginUse, type RouteConfig, Type } from 'sluice'
import { retry, roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeEndpoint, type TestGateway } from 'sluice/testing'
import { upstreamSpy } from '../../support/upstream-spy.ts'

const MAIN = 'http://main.test'
const OTHER = 'http://other.test'
type Route = Partial<RouteConfig<'main' | 'other'>>

interface Setting extends Pick<TestGateway, 'inject'> {
  /** Holds every endpoint of the first upstream. */
  hold(forMs?: number): void
  readonly asked: string[]
}

async function setting(
  t: { after(run: () => Promise<void>): void },
  route: Route,
  { main, inner = [] }: { main?: FakeEndpoint; inner?: readonly PluginUse[] } = {},
): Promise<Setting> {
  const spy = upstreamSpy()
  const asked: string[] = []
  const { inject, close } = await createTestGateway(
    {
      http: { port: 0 },
      upstreams: {
        main: { endpoints: [MAIN], balance: roundRobin(), plugins: [spy.use, ...inner] },
        other: { endpoints: [OTHER], balance: roundRobin() },
      },
      routes: [{ path: '/', to: 'main', ...route } as RouteConfig<'main' | 'other'>],
    },
    {
      endpoints: {
        [MAIN]: (request) => {
          asked.push(`main ${request.method}`)
          return main === undefined || typeof main !== 'function' ? { body: 'main' } : main(request)
        },
        [OTHER]: (request) => {
          asked.push(`other ${request.method}`)
          return { body: 'other' }
        },
      },
    },
  )
  t.after(close)
  return {
    inject,
    asked,
    hold(forMs = 0) {
      for (const endpoint of spy.upstream().endpoints) {
        spy.upstream().hold(endpoint, 'breaker', { forMs })
      }
    },
  }
}

const FIXED = { status: 200, headers: { 'x-from': 'fallback' }, body: '[]' }

/** Refuses what has no key, as one that authenticates would. */
const keyed = definePlugin({
  name: 'keyed',
  options: Type.Object({}),
  create: () => ({
    request(exchange) {
      if (exchange.header('x-key') === undefined) exchange.refuse(401, 'no key')
    },
  }),
})

const away = definePlugin({
  name: 'away',
  options: Type.Object({}),
  create: () => ({ request: (exchange) => exchange.unavailable('Away.', 2_500) }),
})

test('without a fallback a 503 says when the first hold ends', async (t) => {
  const { inject, hold } = await setting(t, {})
  hold(7_200)
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '8'])
})

test('a fixed answer stands in when no endpoint is ready, and only then', async (t) => {
  const { inject, hold } = await setting(t, { fallback: FIXED })
  assert.equal((await inject('/')).body, 'main')
  hold()
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.body], [200, '[]'])
  assert.equal(answer.headers['x-from'], 'fallback')
  assert.match(String(answer.headers['content-type']), /^text\/plain/)
})

test('another upstream stands in, a body and all', async (t) => {
  const { inject, hold, asked } = await setting(t, { fallback: { to: 'other' } })
  hold()
  assert.equal((await inject({ method: 'POST', url: '/', payload: 'x' })).body, 'other')
  assert.deepEqual(asked, ['other POST'])
})

test('what an endpoint answers passes as it is', async (t) => {
  const main: FakeEndpoint = () => ({ status: 503, body: 'busy' })
  const { inject } = await setting(t, { fallback: { to: 'other', on: [502, 503, 504] } }, { main })
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.body], [503, 'busy'])
})

const failing: FakeEndpoint = () => {
  throw new Error('reset')
}

test('a failed attempt is no reason unless the route says so', async (t) => {
  const { inject } = await setting(t, { fallback: { to: 'other' } }, { main: failing })
  assert.equal((await inject('/')).statusCode, 502)
})

test('with 502 listed, what may be sent again goes to the other upstream', async (t) => {
  const route: Route = { fallback: { to: 'other', on: [502] } }
  const { inject, asked } = await setting(t, route, { main: failing, inner: [retry()] })
  assert.equal((await inject('/')).body, 'other')
  assert.equal(asked.at(-1), 'other GET')
})

test('a request that must not be sent twice gets its error', async (t) => {
  const route: Route = { fallback: { to: 'other', on: [502] } }
  const { inject, asked } = await setting(t, route, { main: failing })
  assert.equal((await inject({ method: 'POST', url: '/' })).statusCode, 502)
  assert.deepEqual(asked, ['main POST'])
})

test('but a fixed answer stands in for it', async (t) => {
  const { inject } = await setting(t, { fallback: { ...FIXED, on: [502] } }, { main: failing })
  assert.equal((await inject({ method: 'POST', url: '/' })).body, '[]')
})

test('a plugin that is unavailable gets the fallback, else 503 with its own time', async (t) => {
  const bare = await setting(t, { plugins: [away()] })
  const refused = await bare.inject('/')
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '3'])
  assert.equal(refused.json().detail, 'Away.')
  const { inject } = await setting(t, { plugins: [away()], fallback: { to: 'other' } })
  assert.equal((await inject('/')).body, 'other')
})

test('plugins of the route that come later still have their say before the detour', async (t) => {
  const route: Route = { plugins: [away(), keyed()], fallback: { to: 'other' } }
  const { inject, asked } = await setting(t, route)
  assert.equal((await inject('/')).statusCode, 401)
  assert.deepEqual(asked, [])
  assert.equal((await inject({ url: '/', headers: { 'x-key': '1' } })).body, 'other')
})

test('a use of the upstream’s that is unavailable leads to the detour as well', async (t) => {
  const { inject, asked } = await setting(t, { fallback: { to: 'other' } }, { inner: [away()] })
  assert.equal((await inject('/')).body, 'other')
  assert.deepEqual(asked, ['other GET'])
})

test('a refusal by a plugin is no reason for a fallback', async (t) => {
  const { inject } = await setting(t, {
    plugins: [keyed()],
    fallback: { ...FIXED, on: [502, 503, 504] },
  })
  assert.equal((await inject('/')).statusCode, 401)
})

test('shares of the route do not undo the detour', async (t) => {
  const { inject } = await setting(t, {
    to: { main: 1, other: 0 },
    plugins: [away()],
    fallback: { to: 'other' },
  })
  assert.equal((await inject('/')).body, 'other')
})

test('where the other upstream fails too, that is the answer', async (t) => {
  const { inject, hold } = await setting(t, {
    plugins: [away()],
    fallback: { to: 'main' },
    to: 'other',
  })
  hold()
  assert.equal((await inject('/')).statusCode, 503)
})

test('what cannot be meant is refused at load, with its place', async () => {
  const errorOf = async (fallback: unknown): Promise<string> => {
    try {
      await setting({ after() {} }, { fallback } as Route)
      return 'nothing'
    } catch (error: unknown) {
      return String(error)
    }
  }
  assert.match(
    await errorOf({ to: 'othr' }),
    /routes\[0\]\.fallback: unknown upstream "othr".*other/,
  )
  assert.match(await errorOf({ to: 'main' }), /fallback: "main" cannot stand in for itself/)
  assert.match(await errorOf({}), /fallback.*\/to or \/status/)
  assert.match(await errorOf({ to: 'other', status: 200 }), /not both/)
  assert.match(await errorOf({ status: 200, on: [500] }), /fallback.*\/on/)
  assert.match(await errorOf('other'), /fallback must be an object/)
})
