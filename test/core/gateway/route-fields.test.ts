import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  bind,
  defineGateway,
  definePlugin,
  type GatewayConfig,
  type Plugin,
  type PluginUse,
  ROUTE_PLUGINS,
  type RoutePlugins,
  Type,
  type Upstream,
} from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeRequest } from 'sluice/testing'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'

const STABLE = 'http://stable.test'
const CANARY = 'http://canary.test'
const SHADOW = 'http://shadow.test'

type Routes = NonNullable<GatewayConfig<'stable' | 'canary' | 'shadow'>['routes']>

/** A use of a plugin written in a test. */
function use(instance: Plugin, name = 'under-test'): PluginUse {
  return definePlugin({ name, options: Type.Object({}), create: () => instance })()
}

function configOf(
  routes: Routes,
  plugins: { gateway?: PluginUse[]; canary?: PluginUse[] } = {},
): GatewayConfig<'stable' | 'canary' | 'shadow'> {
  const balance = roundRobin()
  return defineGateway({
    http: { port: 0 },
    upstreams: {
      stable: { endpoints: [STABLE], balance },
      canary: { endpoints: [CANARY], balance, plugins: plugins.canary ?? [] },
      shadow: { endpoints: [SHADOW], balance, host: 'upstream' },
    },
    routes,
    plugins: plugins.gateway ?? [],
  })
}

async function gatewayOf(
  t: TestContext,
  routes: Routes,
  plugins: { gateway?: PluginUse[]; canary?: PluginUse[] } = {},
) {
  const seen: (FakeRequest & { at: string })[] = []
  const at = (name: string) => (request: FakeRequest) => {
    seen.push({ ...request, at: name })
    return { headers: { 'x-at': name, location: '/v1/7' }, body: name }
  }
  const endpoints = { [STABLE]: at('stable'), [CANARY]: at('canary'), [SHADOW]: at('shadow') }
  const made = await createTestGateway(configOf(routes, plugins), { endpoints })
  t.after(made.close)
  return { ...made, seen }
}

test('shares of the requests go to each upstream', async (t) => {
  const { inject } = await gatewayOf(t, [{ to: { stable: 80, canary: 20 } }])
  const counts = { stable: 0, canary: 0 }
  for (let i = 0; i < 2_000; i++) counts[(await inject('/')).body as keyof typeof counts]++
  assert.ok(chiSquare([counts.stable, counts.canary], [80, 20]) < chiSquareLimit(2))
})

test('a person stays on one side across reloads and growing shares', async (t) => {
  const by = { cookie: 'who' }
  const { inject, gateway } = await gatewayOf(t, [
    { name: 'r', to: { stable: 95, canary: 5 }, split: { by } },
  ])
  const people = Array.from({ length: 400 }, (_, i) => ({ cookie: `who=p${i}` }))
  const ask = async (headers: Record<string, string>) => (await inject({ url: '/', headers })).body
  const before = new Map<object, string>()
  for (const person of people) before.set(person, await ask(person))
  await gateway.reload(configOf([{ name: 'r', to: { stable: 70, canary: 30 }, split: { by } }]))
  let moved = 0
  for (const person of people) {
    const side = await ask(person)
    if (before.get(person) === 'canary') assert.equal(side, 'canary')
    if (side !== before.get(person)) moved++
  }
  // A quarter of them, give or take five standard deviations.
  assert.ok(moved > 50 && moved < 150, `${moved}`)
})

test('fields run after the route’s plugins and before the chosen upstream’s', async (t) => {
  const order: string[] = []
  const noted = (name: string): PluginUse =>
    use({ request: ({ flow }) => void order.push(`${name} ${flow.upstream.name}`) }, name)
  const { inject } = await gatewayOf(
    t,
    [{ to: { stable: 0, canary: 1 }, plugins: [noted('route')] }],
    { gateway: [noted('gateway')], canary: [noted('upstream')] },
  )
  assert.equal((await inject('/')).body, 'canary')
  assert.deepEqual(order, ['gateway stable', 'route stable', 'upstream canary'])
})

test('a plugin of a route sees every upstream that the route may send to', async (t) => {
  const names: string[] = []
  const watching = use({ upstream: ({ name }) => void names.push(name) })
  await gatewayOf(t, [
    { path: '/a', to: { stable: 1, canary: 1 }, mirror: { to: 'shadow' }, plugins: [watching] },
    { path: '/b', respond: {} },
  ])
  assert.deepEqual(names, ['stable', 'canary', 'shadow'])
})

test('a route’s plugins can refuse what it would redirect or answer', async (t) => {
  const refusing = use({ request: (exchange) => exchange.reply(401) })
  const { inject } = await gatewayOf(t, [
    { path: '/a', redirect: { to: '/b' }, plugins: [refusing] },
    { path: '/c', respond: { body: 'c' }, plugins: [refusing] },
    { path: '/d', respond: { body: 'd' } },
  ])
  assert.equal((await inject('/a')).statusCode, 401)
  assert.equal((await inject('/c')).statusCode, 401)
  assert.equal((await inject('/d')).body, 'd')
})

test('an answer of a route’s own comes in place of its upstream’s', async (t) => {
  const { inject, seen, gateway } = await gatewayOf(t, [
    { to: 'stable', respond: { status: 503, headers: { 'retry-after': '120' }, body: 'soon' } },
  ])
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '120'])
  assert.equal(answer.body, 'soon')
  assert.equal(seen.length, 0)
  await gateway.reload(configOf([{ to: 'stable' }]))
  assert.equal((await inject('/')).body, 'stable')
})

test('an endpoint sees the rewritten path, plugins the one that came', async (t) => {
  const targets: string[] = []
  const noting = use({ finished: ({ target }) => void targets.push(target) })
  const { inject, seen } = await gatewayOf(t, [
    { path: '/users', to: 'stable', rewrite: { prefix: '/v1' }, plugins: [noting] },
    { path: '/people/:id', to: 'stable', rewrite: { path: '/v2/:id/profile' } },
  ])
  await inject('/users/a%2Fb//c?x=%zz')
  await inject('/people/7?y')
  assert.deepEqual(
    seen.map(({ target }) => target),
    ['/v1/a%2Fb//c?x=%zz', '/v2/7/profile?y'],
  )
  assert.deepEqual(targets, ['/users/a%2Fb//c?x=%zz'])
})

test('places in an answer are the client’s before a plugin sees them', async (t) => {
  const seen: (string | undefined)[] = []
  const reading = use({
    response: (_exchange, answer) => void seen.push(answer.header('location')),
  })
  const { inject } = await gatewayOf(t, [
    { path: '/users', to: 'stable', rewrite: { prefix: '/v1' }, plugins: [reading] },
  ])
  const { headers } = await inject('/users')
  assert.deepEqual([headers.location, ...seen], ['/users/7', '/users/7'])
})

test('a rewrite that a plugin gets wrong costs its request a 500', async (t) => {
  const wrong: Readonly<Record<string, string>> = {
    '/crlf': '/a\r\nx: y',
    '/space': '/a b',
    '/fragment': '/a#b',
    '/dots': '/a/../b',
    '/host': '//evil.test/',
    '/relative': 'a',
    '/empty': '',
    '/wide': '/ā',
    '/escape': '/%zz',
  }
  const rewriting = use({ request: (exchange) => exchange.rewrite(wrong[exchange.target] ?? '/') })
  const { inject, seen } = await gatewayOf(t, [{ to: 'stable', plugins: [rewriting] }])
  for (const path of Object.keys(wrong)) assert.equal((await inject(path)).statusCode, 500, path)
  assert.equal(seen.length, 0)
})

test('a copy goes to the other upstream as the chain left the request, and counts there', async (t) => {
  const ended: string[] = []
  const counting = use({
    upstream: (upstream) =>
      void upstream.observe((_endpoint, _ms, outcome) => ended.push(`${upstream.name} ${outcome}`)),
  })
  const stamping = use(
    { request: (exchange) => exchange.setHeader('x-stamp', 'route') },
    'stamping',
  )
  const { inject, seen, gateway } = await gatewayOf(t, [
    {
      path: '/users',
      to: 'stable',
      rewrite: { prefix: '/v1' },
      mirror: { to: 'shadow' },
      plugins: [counting, stamping],
    },
  ])
  const answer = await inject({ method: 'POST', url: '/users/7?a', payload: 'body' })
  assert.equal(answer.body, 'stable')
  const [first, copy] = [
    seen.find(({ at }) => at === 'stable'),
    seen.find(({ at }) => at === 'shadow'),
  ]
  assert.deepEqual([copy?.method, copy?.target, String(copy?.body)], ['POST', '/v1/7?a', 'body'])
  assert.deepEqual({ ...copy?.headers }, { ...first?.headers, host: 'shadow.test' })
  assert.equal(first?.headers['x-stamp'], 'route')
  assert.deepEqual(ended.sort(), ['shadow ok', 'stable ok'])
  assert.equal(gateway.status().upstreams.shadow?.endpoints[0]?.inflight, 0)
})

test('a plugin that throws when its copy is over costs a log line', async (t) => {
  let shadow: Upstream | undefined
  const copying = use({
    upstream(upstream) {
      if (upstream.name === 'shadow') shadow = upstream
    },
    request(exchange) {
      const finished = (): never => {
        throw new Error('on purpose')
      }
      if (shadow !== undefined) exchange.copyTo(shadow, { maxBodyBytes: 0, timeoutMs: 1, finished })
    },
  })
  const { inject, logged, gateway } = await gatewayOf(t, [
    { to: 'stable', mirror: { to: 'shadow', share: 0 }, plugins: [copying] },
  ])
  assert.equal((await inject('/')).body, 'stable')
  assert.deepEqual(
    logged.map(({ message }) => message),
    ['a plugin threw'],
  )
  assert.equal(gateway.status().upstreams.shadow?.endpoints[0]?.inflight, 0)
})

test('what an upstream’s plugins add for its endpoints is not copied', async (t) => {
  const secret = use({ request: (exchange) => exchange.setHeader('x-secret', 'canary') })
  const { inject, seen } = await gatewayOf(t, [{ to: 'canary', mirror: { to: 'shadow' } }], {
    canary: [secret],
  })
  await inject({ method: 'POST', url: '/', payload: 'body' })
  const secrets = seen.map(({ at, headers }) => [at, headers['x-secret']])
  assert.deepEqual(secrets.sort(), [
    ['canary', 'canary'],
    ['shadow', undefined],
  ])
})

test('plugins of one’s own stand behind the fields when they are bound', async (t) => {
  const never = (): never => {
    throw new Error('not asked for')
  }
  const told = definePlugin({
    name: 'told',
    options: Type.Object({ text: Type.String() }),
    create: ({ text }) => ({ request: (exchange) => exchange.reply(200, {}, text) }),
  })
  const own: RoutePlugins = {
    ...{ redirect: never, split: never, rewrite: never, mirror: never },
    ...{ fallback: never, coalesce: never },
    respond: ({ body = '' }, { id }) => told({ text: `${id}: ${body}` }),
  }
  const { inject, close, gateway } = await createTestGateway({
    ...configOf([{ name: 'r', respond: { body: 'x' } }]),
    provide: [bind(ROUTE_PLUGINS, own)],
  })
  t.after(close)
  assert.equal((await inject('/')).body, 'r: x')
  await gateway.reload(configOf([{ name: 'r', respond: { body: 'y' } }]))
  assert.equal((await inject('/')).body, 'r: y')
})
