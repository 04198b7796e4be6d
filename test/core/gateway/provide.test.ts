import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Binding,
  bind,
  CLOCK,
  defineGateway,
  definePlugin,
  LOGGER,
  type PluginUse,
  RNG,
  type Rng,
  ROUTER,
  type Router,
  TRANSPORT,
  Type,
  token,
} from 'sluice'
import { createGateway } from 'sluice/gateway'
import { random, roundRobin } from 'sluice/plugins'
import { createTestGateway, SeededRng, VirtualClock } from 'sluice/testing'
import { FakeTransport } from '../../../core/simulate/fake-transport.ts'

const A = 'http://a.test'
const B = 'http://b.test'
const FAKE = new FakeTransport({ [A]: () => ({ body: 'a' }), [B]: () => ({ body: 'b' }) })

function config(provide: Binding[], plugins: PluginUse[] = []) {
  return defineGateway({
    http: { port: 0 },
    upstreams: { main: { endpoints: [A, B], balance: roundRobin() } },
    routes: [{ path: '/', to: 'main' }],
    plugins,
    provide: [bind(TRANSPORT, FAKE), ...provide],
  })
}

test('TRANSPORT can be replaced from the config', async () => {
  const gateway = await createGateway(config([]))
  assert.equal((await gateway.inject('/')).body, 'a')
  await gateway.close()
})

test('CLOCK can be replaced from the config', async () => {
  const clock = new VirtualClock(1_000_000)
  clock.advance(5)
  const stamp = definePlugin({
    name: 'stamp',
    options: Type.Object({}),
    inject: [CLOCK],
    create: (_options, injected) => ({
      request: (exchange) => exchange.reply(200, {}, String(injected.wall())),
    }),
  })
  const gateway = await createGateway(config([bind(CLOCK, clock)], [stamp()]))
  assert.equal((await gateway.inject('/')).body, '1000005')
  await gateway.close()
})

test('RNG can be replaced from the config: the same seed gives the same picks', async () => {
  const picks = async (seed: number): Promise<string> => {
    const gateway = await createGateway({
      ...config([bind(RNG, new SeededRng(seed))]),
      upstreams: { main: { endpoints: [A, B], balance: random() } },
    })
    let bodies = ''
    for (let i = 0; i < 32; i++) bodies += (await gateway.inject('/')).body
    await gateway.close()
    return bodies
  }
  assert.equal(await picks(7), await picks(7))
  assert.notEqual(await picks(7), await picks(8))
})

test('RNG is forked for each use, so that one use’s draws do not move another’s', async () => {
  const drawn: number[] = []
  const drawing = definePlugin({
    name: 'drawing',
    options: Type.Object({}),
    inject: [RNG],
    create(_options, rng: Rng) {
      drawn.push(rng.below(2 ** 32))
      return {}
    },
  })
  const { close } = await createTestGateway(config([], [drawing(), drawing()]))
  await close()
  assert.equal(new Set(drawn).size, 2)
})

test('LOGGER can be replaced from the config', async () => {
  const lines: unknown[] = []
  const line = (...parts: unknown[]): void => void lines.push(parts.at(-1))
  const logger = { debug: line, info: line, warn: line, error: line }
  const broken = definePlugin({
    name: 'broken',
    options: Type.Object({}),
    create: () => ({
      request() {
        throw new Error('broken')
      },
    }),
  })
  const gateway = await createGateway(config([bind(LOGGER, logger)], [broken()]))
  assert.equal((await gateway.inject('/')).statusCode, 500)
  await gateway.close()
  assert.deepEqual(lines, ['a request failed'])
})

test('ROUTER can be replaced from the config', async () => {
  const none: Router = { find: () => -1, allowed: () => ['BREW'], params: () => ({}) }
  const gateway = await createGateway(config([bind(ROUTER, () => none)]))
  const answer = await gateway.inject('/')
  assert.equal(answer.statusCode, 405)
  assert.equal(answer.headers.allow, 'BREW')
  await gateway.close()
})

test('a router of the user’s own sees the request: head, decoded query, cookies', async () => {
  const seen: unknown[] = []
  const all: Router = {
    find(request) {
      seen.push(request.method, request.host, request.path)
      seen.push(request.header('x-a'), request.query('q'), request.cookie('c'), request.cookie('d'))
      return 0
    },
    allowed: () => [],
    params: () => ({}),
  }
  const gateway = await createGateway(config([bind(ROUTER, () => all)]))
  const headers = { host: 'A.test:80', 'X-A': '1', cookie: 'b=0; c=2' }
  assert.equal((await gateway.inject({ method: 'PUT', url: '/p%2F?q=%C3%A9', headers })).body, 'a')
  assert.deepEqual(seen, ['PUT', 'A.test:80', '/p%2F', '1', 'é', '2', undefined])
  await gateway.close()
})

test('a token of the user’s own reaches the plugins that inject it', async () => {
  interface Greeting {
    text: string
  }
  const GREETING = token<Greeting>('GREETING')
  const greeting = definePlugin({
    name: 'greeting',
    options: Type.Object({}),
    inject: [GREETING],
    create: (_options, { text }) => ({ request: (exchange) => exchange.reply(200, {}, text) }),
  })
  const gateway = await createGateway(config([bind(GREETING, { text: 'hi' })], [greeting()]))
  assert.equal((await gateway.inject('/')).body, 'hi')
  await gateway.close()
  await assert.rejects(createGateway(config([], [greeting()])), {
    message:
      'plugins[0] greeting: nothing is bound to GREETING: ' +
      'add bind(GREETING, …) to the config’s provide',
  })
})
