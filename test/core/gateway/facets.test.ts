import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CLOCK,
  contextKey,
  defineGateway,
  definePlugin,
  type Plugin,
  type PluginUse,
  Type,
} from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, fakeExchange, instantiate } from 'sluice/testing'

const USERS = 'http://users.test'

/** A use of a plugin written in a test. */
function use(instance: Plugin, name = 'under-test'): PluginUse {
  return definePlugin({ name, options: Type.Object({}), create: () => instance })()
}

function gatewayWith(parts: {
  gateway?: PluginUse[]
  route?: PluginUse[]
  upstream?: PluginUse[]
}) {
  return defineGateway({
    http: { port: 0 },
    upstreams: {
      users: { endpoints: [USERS], balance: roundRobin(), plugins: parts.upstream ?? [] },
    },
    routes: [{ path: '/', to: 'users', plugins: parts.route ?? [] }],
    plugins: parts.gateway ?? [],
  })
}

const guard = definePlugin({
  name: 'guard',
  options: Type.Object({ key: Type.String() }),
  create: ({ key }) => ({
    request(exchange) {
      exchange.setHeader('x-user', 'ada')
      exchange.removeHeader('x-key')
      exchange.setAnswerHeader('x-guarded', 'yes')
      if (exchange.header('x-key') !== key) exchange.reply(401, { 'x-why': 'key' }, 'no')
    },
  }),
})

test('a plugin does the same over Fastify’s lane and over a fake exchange', async (t) => {
  const seen: Record<string, string>[] = []
  const { inject, close } = await createTestGateway(gatewayWith({ route: [guard({ key: 'k' })] }), {
    endpoints: {
      [USERS]: ({ headers }) => {
        seen.push({ ...headers })
        return { body: 'in' }
      },
    },
  })
  t.after(close)
  const plugin = instantiate(guard({ key: 'k' }))

  const accepted = fakeExchange({ headers: { 'X-Key': 'k' } })
  plugin.request?.(accepted)
  const answer = await inject({ url: '/', headers: { 'x-key': 'k' } })
  assert.equal(accepted.replied, undefined)
  assert.equal(answer.body, 'in')
  assert.equal(answer.headers['x-guarded'], accepted.answerHeaders.get('x-guarded')?.[0])
  assert.equal(seen[0]?.['x-user'], accepted.outgoing.get('x-user'))
  assert.equal(seen[0]?.['x-key'], accepted.outgoing.get('x-key'))

  const refused = fakeExchange()
  plugin.request?.(refused)
  const refusal = await inject('/')
  assert.equal(refusal.statusCode, refused.replied?.status)
  assert.equal(refusal.body, refused.replied?.body)
  assert.equal(refusal.headers['x-why'], refused.replied?.headers['x-why'])
  assert.equal(seen.length, 1)
})

test('a chain runs gateway, route, upstream, and stops at a reply', async (t) => {
  const order: string[] = []
  const noting = (name: string, more: Plugin = {}): PluginUse =>
    use({ request: () => void order.push(name), ...more }, name)
  const replying = use({ request: (exchange) => exchange.reply(200, {}, 'stop') }, 'replying')
  const { inject, close } = await createTestGateway(
    gatewayWith({
      gateway: [noting('gateway-one')],
      route: [noting('route-one'), noting('route-two')],
      upstream: [noting('upstream-one'), replying, noting('never')],
    }),
    { endpoints: {} },
  )
  t.after(close)
  assert.equal((await inject('/')).body, 'stop')
  assert.deepEqual(order, ['gateway-one', 'route-one', 'route-two', 'upstream-one'])
})

test('a promise of a request facet is awaited, and its rejection is a 500', async (t) => {
  const key = contextKey<string>('tenant')
  const asking = use({
    async request(exchange) {
      await Promise.resolve()
      if (exchange.target === '/bad') throw new Error('no tenant')
      exchange.flow.context.set(key, 'acme')
    },
  })
  const reading = use(
    { request: (exchange) => exchange.setHeader('x-tenant', exchange.flow.context.get(key) ?? '') },
    'reading',
  )
  const { inject, close, logged, gateway } = await createTestGateway(
    gatewayWith({ route: [asking, reading] }),
    { endpoints: { [USERS]: ({ headers }) => ({ body: headers['x-tenant'] ?? '' }) } },
  )
  t.after(close)
  assert.equal((await inject('/')).body, 'acme')
  const failed = await inject('/bad')
  assert.equal(failed.statusCode, 500)
  assert.equal(failed.headers['content-type'], 'application/problem+json')
  assert.equal(failed.body.includes('tenant'), false)
  assert.equal(logged.length, 1)
  assert.equal(gateway.status().exchanges, 0)
})

test('a facet that throws costs its own request and leaves nothing in flight', async (t) => {
  for (const facet of ['request', 'attempt', 'response', 'finished'] as const) {
    const broken = use({
      [facet]() {
        throw new Error(`${facet} broke`)
      },
    })
    const { inject, close, gateway } = await createTestGateway(gatewayWith({ route: [broken] }), {
      endpoints: { [USERS]: () => ({ body: 'fine' }) },
    })
    t.after(close)
    const status = (await inject('/')).statusCode
    assert.equal(status, facet === 'finished' ? 200 : 500, facet)
    assert.equal(gateway.status().exchanges, 0, facet)
    assert.equal(gateway.status().upstreams.users?.endpoints[0]?.inflight, 0, facet)
  }
})

test('response sees the answer’s head and changes it', async (t) => {
  const changing = use({
    response(_exchange, answer) {
      answer.status = 203
      answer.setHeader('x-kept', `${answer.header('X-Given')}!`)
      answer.removeHeader('x-given')
      answer.addHeader('set-cookie', 'b=2')
    },
  })
  const { inject, close } = await createTestGateway(gatewayWith({ route: [changing] }), {
    endpoints: { [USERS]: () => ({ headers: { 'x-given': '1', 'set-cookie': 'a=1' } }) },
  })
  t.after(close)
  const answer = await inject('/')
  assert.equal(answer.statusCode, 203)
  assert.equal(answer.headers['x-kept'], '1!')
  assert.equal(answer.headers['x-given'], undefined)
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
})

test('again sends a failed request once more, after its delay, and both attempts count', async (t) => {
  const outcomes: string[] = []
  const retrying = use({
    again: (_flow, failure) => (failure.attempt < 2 ? 50 : -1),
    upstream: (upstream) => void upstream.observe((_e, _ms, outcome) => outcomes.push(outcome)),
  })
  let calls = 0
  const { inject, clock, close, gateway } = await createTestGateway(
    gatewayWith({ upstream: [retrying] }),
    { endpoints: { [USERS]: () => (++calls === 1 ? { status: 503 } : { body: 'second' }) } },
  )
  t.after(close)
  const pending = inject('/')
  while (calls === 0) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(50)
  assert.equal((await pending).body, 'second')
  assert.deepEqual(outcomes, ['upstream-error', 'ok'])
  assert.equal(gateway.status().upstreams.users?.endpoints[0]?.inflight, 0)
})

test('finished is called once for every exchange, refused ones included', async (t) => {
  const ended: string[] = []
  const logging = use({
    finished: (exchange, outcome) => void ended.push(`${exchange.route.id} ${outcome}`),
  })
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS, 'http://gone.test'], balance: roundRobin() } },
    routes: [{ path: '/users', methods: ['GET'], to: 'users' }],
    plugins: [logging],
  })
  const { inject, close } = await createTestGateway(config, { endpoints: { [USERS]: () => ({}) } })
  t.after(close)
  await inject('/users')
  await inject('/users')
  await inject('/nothing')
  await inject({ method: 'PUT', url: '/users' })
  await inject('/a/%2e%2e/b')
  assert.deepEqual(ended, [
    'GET /users ok',
    'GET /users connect-failed',
    'unmatched local',
    'unmatched local',
    'unmatched local',
  ])
})

test('uses start in order, and are drained and disposed of in reverse', async () => {
  const calls: string[] = []
  const living = (name: string): PluginUse =>
    use(
      {
        start: () => void calls.push(`start ${name}`),
        drain: async () => void calls.push(`drain ${name}`),
        dispose: () => void calls.push(`dispose ${name}`),
      },
      name,
    )
  const config = gatewayWith({
    gateway: [living('a')],
    upstream: [living('b')],
    route: [living('c')],
  })
  const { close } = await createTestGateway(config, { endpoints: {} })
  await close()
  assert.deepEqual(calls, [
    ...['start a', 'start b', 'start c'],
    ...['drain c', 'dispose c', 'drain b', 'dispose b', 'drain a', 'dispose a'],
  ])
})

test('a plugin that fails to start fails the load, and what was made is disposed of', async () => {
  const calls: string[] = []
  const fine = use({ dispose: () => void calls.push('disposed') }, 'fine')
  const broken = use({ start: () => Promise.reject(new Error('no store')) }, 'broken')
  const config = gatewayWith({ gateway: [fine, broken] })
  await assert.rejects(createTestGateway(config, { endpoints: {} }), /no store/)
  assert.deepEqual(calls, ['disposed'])
})

test('a route facet adds Fastify hooks to its route alone', async (t) => {
  const hooking = use({
    route: (scope) => {
      scope.addHook('onSend', async (_request, reply) => void reply.header('x-hooked', 'yes'))
    },
  })
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
    routes: [
      { path: '/hooked', to: 'users', plugins: [hooking] },
      { path: '/', to: 'users' },
    ],
  })
  const { inject, close } = await createTestGateway(config, {
    endpoints: { [USERS]: ({ target }) => ({ body: target }) },
  })
  t.after(close)
  const hooked = await inject('/hooked/x?y=1')
  assert.equal(hooked.headers['x-hooked'], 'yes')
  assert.equal(hooked.body, '/hooked/x?y=1')
  assert.equal((await inject('/other')).headers['x-hooked'], undefined)
})

test('a plugin receives the services it injects', async (t) => {
  const stamp = definePlugin({
    name: 'stamp',
    options: Type.Object({}),
    inject: [CLOCK],
    create: (_options, clock) => ({
      request: (exchange) => exchange.setAnswerHeader('x-at', String(clock.now())),
    }),
  })
  const { inject, clock, close } = await createTestGateway(gatewayWith({ route: [stamp()] }), {
    endpoints: { [USERS]: () => ({}) },
  })
  t.after(close)
  clock.advance(1_234)
  assert.equal((await inject('/')).headers['x-at'], '1234')
})
