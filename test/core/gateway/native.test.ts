import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { type ChainUse, defineGateway, native } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeRequest } from 'sluice/testing'

const USERS = 'http://users.test'
const LONG = 'sluice '.repeat(1_000)

function behind(plugins: ChainUse[], atGateway: ChainUse[] = []) {
  return defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
    routes: [{ path: '/', to: 'users', plugins }],
    plugins: atGateway,
  })
}

for (const [where, config] of [
  ['on a route', behind([native(cors, { origin: true }), native(helmet), native(compress)])],
  [
    'on the gateway',
    behind([], [native(cors, { origin: true }), native(helmet), native(compress)]),
  ],
] as const) {
  test(`cors, helmet and compress ${where} see proxied answers`, async (t) => {
    const { inject, close } = await createTestGateway(config, {
      endpoints: {
        [USERS]: () => ({ headers: { 'content-type': 'text/plain', 'x-mine': '1' }, body: LONG }),
      },
    })
    t.after(close)
    const answer = await inject({
      url: '/a',
      headers: { origin: 'https://a.test', 'accept-encoding': 'gzip' },
    })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['access-control-allow-origin'], 'https://a.test')
    assert.equal(answer.headers['x-frame-options'], 'SAMEORIGIN')
    assert.equal(answer.headers['x-mine'], '1')
    assert.equal(answer.headers['content-encoding'], 'gzip')
    assert.equal(gunzipSync(answer.rawPayload).toString(), LONG)
  })
}

test('a preflight is answered by cors and reaches no endpoint', async (t) => {
  let reached = 0
  const { inject, close } = await createTestGateway(behind([native(cors, { origin: true })]), {
    endpoints: {
      [USERS]: () => {
        reached++
        return {}
      },
    },
  })
  t.after(close)
  const answer = await inject({
    method: 'OPTIONS',
    url: '/a',
    headers: { origin: 'https://a.test', 'access-control-request-method': 'PUT' },
  })
  assert.equal(answer.statusCode, 204)
  assert.equal(answer.headers['access-control-allow-origin'], 'https://a.test')
  assert.equal(reached, 0)
})

test('200 hosts each have a / route, two of them with cors', async (t) => {
  const hosts = Array.from({ length: 200 }, (_, i) => `h${i}.test`)
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
    routes: hosts.map((host, i) => ({
      host,
      path: '/',
      to: 'users' as const,
      plugins: i === 7 || i === 150 ? [native(cors, { origin: `https://only-${i}.test` })] : [],
    })),
  })
  const { inject, close } = await createTestGateway(config, {
    endpoints: { [USERS]: ({ headers }) => ({ body: headers.host ?? '' }) },
  })
  t.after(close)
  for (const [i, host] of hosts.entries()) {
    const answer = await inject({ url: '/', headers: { host } })
    const expected = i === 7 || i === 150 ? `https://only-${i}.test` : undefined
    assert.equal(answer.body, host)
    assert.equal(answer.headers['access-control-allow-origin'], expected)
  }
})

test('a host is matched without regard to case and port', async (t) => {
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
    routes: [{ host: 'a.test', to: 'users' }],
  })
  const { inject, close } = await createTestGateway(config, { endpoints: { [USERS]: () => ({}) } })
  t.after(close)
  for (const host of ['A.test', 'a.test:8080', 'a.TEST.:80']) {
    assert.equal((await inject({ url: '/', headers: { host } })).statusCode, 200, host)
  }
  assert.equal((await inject({ url: '/', headers: { host: 'b.test' } })).statusCode, 404)
})

test('a route with native plugins parses no body, whatever its type says', async (t) => {
  const bodies: FakeRequest[] = []
  const { inject, close } = await createTestGateway(behind([native(helmet)]), {
    endpoints: {
      [USERS]: (request) => {
        bodies.push(request)
        return {}
      },
    },
  })
  t.after(close)
  const types = ['', 'nonsense', 'application/json', 'text/plain']
  for (const type of types) {
    const answer = await inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': type },
      payload: '{"not": json',
    })
    assert.equal(answer.statusCode, 200, type)
  }
  assert.deepEqual(
    bodies.map(({ body }) => body.toString()),
    types.map(() => '{"not": json'),
  )
})

test('one native plugin used twice is refused with both places', async () => {
  await assert.rejects(createGateway(behind([native(cors)], [native(cors)])), {
    name: 'ConfigError',
    message:
      'routes[0].plugins[0] @fastify/cors: this native plugin stands at ' +
      'plugins[0] @fastify/cors already; keep one of them',
  })
})

test('a native plugin with wrong options fails the load and names its place', async () => {
  // @ts-expect-error a hook that does not exist: what plain JavaScript could write
  await assert.rejects(createGateway(behind([native(cors, { hook: 'nope' })])), {
    message: /^routes\[0\]\.plugins\[0\] @fastify\/cors: .*Invalid hook option/,
  })
})
