import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  bind,
  defineGateway,
  definePlugin,
  defineStrategy,
  type Endpoint,
  LOGGER,
  native,
  type Plugin,
  type PluginUse,
  ROUTER,
  type Router,
  type Strategy,
  Type,
  token,
} from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeEndpoint } from 'sluice/testing'
import { waitFor } from '../../support/deadline.ts'

const A = 'http://a.test'
const ENDPOINTS = { [A]: () => ({ body: 'a' }) }
const SILENT = bind(LOGGER, { debug() {}, info() {}, warn() {}, error() {} })

function use(instance: Plugin): PluginUse {
  return definePlugin({ name: 'under-test', options: Type.Object({}), create: () => instance })()
}

function config(plugins: PluginUse[], port = 0) {
  return defineGateway({
    http: { host: '127.0.0.1', port },
    upstreams: { main: { endpoints: [A], balance: roundRobin() } },
    routes: [{ path: '/', to: 'main', plugins }],
  })
}

async function gatewayWith(
  t: TestContext,
  plugin: Plugin,
  endpoints: Readonly<Record<string, FakeEndpoint>> = ENDPOINTS,
) {
  const made = await createTestGateway(config([use(plugin)]), { endpoints })
  t.after(made.close)
  return made
}

test('a strategy’s start and settle are about flows, and boot calls neither', async (t) => {
  const calls: string[] = []
  class Counting implements Strategy {
    #ready: readonly Endpoint[] = []
    update(ready: readonly Endpoint[]): void {
      this.#ready = ready
    }
    pick(): Endpoint | undefined {
      return this.#ready[0]
    }
    start(endpoint: Endpoint): void {
      calls.push(`start ${endpoint.id}`)
    }
    settle(endpoint: Endpoint): void {
      calls.push(`settle ${endpoint.id}`)
    }
  }
  const counting = defineStrategy({
    name: 'counting',
    options: Type.Object({}),
    create: () => new Counting(),
  })
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { main: { endpoints: [A], balance: counting() } },
      routes: [{ to: 'main' }],
    }),
    { endpoints: ENDPOINTS },
  )
  t.after(close)
  assert.deepEqual(calls, [])
  await inject('/')
  assert.deepEqual(calls, ['start a.test', 'settle a.test'])
})

test('an again that throws has no say, and the failure is passed on', async (t) => {
  const { inject, gateway } = await gatewayWith(
    t,
    {
      again() {
        throw new Error('broken')
      },
    },
    {},
  )
  assert.equal((await inject('/')).statusCode, 502)
  assert.equal(gateway.status().upstreams.main?.endpoints[0]?.inflight, 0)
})

test('the rejection of a facet that nobody awaits is logged, not thrown', async (t) => {
  const reject = (): Promise<void> => Promise.reject(new Error('late'))
  const { inject, logged } = await gatewayWith(t, {
    attempt: reject,
    response: reject,
    finished: reject,
  })
  assert.equal((await inject('/')).statusCode, 200)
  await waitFor(() => logged.length === 3, 'three lines')
})

test('a service from provide is the very one that was bound', async () => {
  const STORE = token<{ count: number }>('STORE')
  const store = { count: 0 }
  const counting = definePlugin({
    name: 'counting',
    options: Type.Object({}),
    inject: [STORE],
    create: (_options, injected) => ({ request: () => void injected.count++ }),
  })
  const { inject, close } = await createTestGateway(
    { ...config([counting()]), provide: [bind(STORE, store)] },
    { endpoints: ENDPOINTS },
  )
  await inject('/')
  await close()
  assert.equal(store.count, 1)
})

test('a gateway listens once, and neither listens nor reloads after close', async () => {
  const gateway = await createGateway(config([]), [SILENT])
  const [address] = await gateway.listen()
  await assert.rejects(gateway.listen(), { code: 'CANNOT_LISTEN' })
  const socket = connect(address?.port ?? 0, '127.0.0.1')
  await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject))
  socket.destroy()
  const closing = gateway.close()
  await assert.rejects(gateway.reload(config([])), { code: 'CLOSED' })
  await closing
  await assert.rejects(gateway.listen(), { code: 'CLOSED' })
  await gateway.close()
})

test('a native plugin that fails to close keeps nothing else from stopping', async () => {
  const calls: string[] = []
  const broken = native((scope, _options: object, done) => {
    scope.addHook('onClose', () => Promise.reject(new Error('stuck')))
    done()
  })
  const plugins = [use({ dispose: () => void calls.push('disposed') }), broken]
  const { close, logged } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { main: { endpoints: [A], balance: roundRobin() } },
      routes: [{ to: 'main', plugins }],
    }),
    { endpoints: ENDPOINTS },
  )
  await close()
  assert.deepEqual(calls, ['disposed'])
  assert.equal(logged[0]?.message, 'a native plugin failed to close')
})

test('a router that throws costs its request a 500', async () => {
  const lost = (): never => {
    throw new Error('lost')
  }
  const routers: Router[] = [
    { find: lost, allowed: () => [], params: () => ({}) },
    { find: () => -1, allowed: lost, params: () => ({}) },
  ]
  for (const router of routers) {
    const { inject, close } = await createTestGateway(
      { ...config([]), provide: [bind(ROUTER, () => router)] },
      { endpoints: ENDPOINTS },
    )
    assert.equal((await inject('/')).statusCode, 500)
    await close()
  }
})

test('headers that frame a message or belong to one hop cannot be set by a plugin', async (t) => {
  for (const name of ['connection', 'transfer-encoding', 'content-length', 'expect', 'upgrade']) {
    const made = await gatewayWith(t, { request: (exchange) => exchange.setHeader(name, '1') })
    assert.equal((await made.inject('/')).statusCode, 500, name)
  }
})

test('a reply’s own length counts, whatever the plugin says', async (t) => {
  const { inject } = await gatewayWith(t, {
    request: (exchange) => exchange.reply(200, { 'Content-Length': '99' }, 'five!'),
  })
  assert.equal((await inject('/')).headers['content-length'], '5')
})

test('a reply with a header that cannot be sent is a 500, not a cut', async (t) => {
  const { inject } = await gatewayWith(t, {
    request: (exchange) => exchange.reply(200, { 'x-a': 'a\r\nb: c' }),
  })
  const answer = await inject('/')
  assert.equal(answer.statusCode, 500)
  assert.equal(answer.headers.b, undefined)
})

test('a use that a reload moves to another upstream leaves nothing held on the first', async (t) => {
  const holding = definePlugin({
    name: 'holding',
    options: Type.Object({}),
    create: () => ({
      upstream: (upstream) => void upstream.hold(upstream.endpoints[0] as Endpoint, 'test'),
    }),
  })
  const to = (name: 'one' | 'two') =>
    defineGateway({
      http: { port: 0 },
      upstreams: {
        one: { endpoints: [A], balance: roundRobin() },
        two: { endpoints: [A], balance: roundRobin() },
      },
      routes: [{ path: '/', to: name, plugins: [holding()] }],
    })
  const { gateway, close } = await createTestGateway(to('one'), { endpoints: ENDPOINTS })
  t.after(close)
  await gateway.reload(to('two'))
  const { one, two } = gateway.status().upstreams
  assert.deepEqual([one?.endpoints[0]?.ready, two?.endpoints[0]?.ready], [true, false])
})

test('a page with a header that cannot be sent is passed over', async (t) => {
  for (const headers of [{ 'x-a': 'a\u0100' }, { 'x a': 'a' }]) {
    const { inject } = await gatewayWith(t, { refused: () => ({ headers, body: 'page' }) }, {})
    const answer = await inject('/')
    assert.equal(answer.statusCode, 502)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
  }
})

test('an empty reply goes through the hooks of native plugins once', async (t) => {
  let sends = 0
  const { inject } = await gatewayWith(t, {
    request: (exchange) => exchange.reply(204),
    route: (scope) => {
      scope.addHook('onSend', async (_request, _reply, payload) => {
        sends++
        return payload
      })
    },
  })
  assert.equal((await inject('/')).statusCode, 204)
  assert.equal(sends, 1)
})
