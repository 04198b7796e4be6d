import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineGateway, definePlugin, IDENTITY, type PluginUse, Type } from 'sluice'
import { rateLimit, roundRobin } from 'sluice/plugins'
import {
  constant,
  createTestGateway,
  type FakeRedisAnswer,
  fakeExchange,
  instantiate,
  simulate,
  steady,
} from 'sluice/testing'

const USERS = 'http://users.test'

interface Chains {
  readonly plugins?: PluginUse[]
  readonly users?: PluginUse[]
  readonly orders?: PluginUse[]
  readonly trust?: string[]
}

function configOf({ plugins = [], users = [], orders = [], trust = [] }: Chains) {
  return defineGateway({
    http: { port: 0, trust },
    upstreams: { it: { endpoints: [USERS], balance: roundRobin() } },
    routes: [
      { path: '/users', to: 'it', plugins: users },
      { path: '/orders', to: 'it', plugins: orders },
    ],
    plugins,
  })
}

async function gateway(chains: Chains) {
  let served = 0
  const made = await createTestGateway(configOf(chains), {
    endpoints: {
      [USERS]: () => {
        served++
        return { body: 'ok' }
      },
    },
  })
  const ask = (url: string, headers: Record<string, string> = {}, remoteAddress = '192.0.2.1') =>
    made.inject({ url, headers, remoteAddress })
  const statuses = async (count: number, ...rest: Parameters<typeof ask>): Promise<number[]> => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await ask(...rest)).statusCode)
    return seen
  }
  return { ...made, ask, statuses, served: () => served }
}

test('requests beyond the limit get 429, a problem document and the fields, until time has passed', async (t) => {
  const { ask, statuses, clock, served, close } = await gateway({
    users: [rateLimit({ limit: 3, window: '30s', jitter: 0 })],
  })
  t.after(close)
  const first = await ask('/users')
  assert.equal(first.headers['ratelimit-policy'], '"default";q=3;w=30')
  assert.equal(first.headers.ratelimit, '"default";r=2;t=10')
  assert.deepEqual(await statuses(2, '/users'), [200, 200])
  const refused = await ask('/users')
  assert.equal(refused.statusCode, 429)
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.equal(refused.json().title, 'Too Many Requests')
  assert.equal(refused.headers['retry-after'], '10')
  assert.equal(refused.headers.ratelimit, '"default";r=0;t=10')
  assert.equal(served(), 3)
  clock.advance(9_999)
  assert.deepEqual(await statuses(1, '/users'), [429])
  clock.advance(1)
  assert.deepEqual(await statuses(2, '/users'), [200, 429])
})

test('a use of the gateway counts all routes together, one of a route that route alone', async (t) => {
  const all = await gateway({ plugins: [rateLimit({ limit: 2 })] })
  t.after(all.close)
  assert.deepEqual(await all.statuses(1, '/users'), [200])
  assert.deepEqual(await all.statuses(2, '/orders'), [200, 429])
  const apart = await gateway({
    users: [rateLimit({ limit: 1 })],
    orders: [rateLimit({ limit: 1 })],
  })
  t.after(apart.close)
  assert.deepEqual(await apart.statuses(2, '/users'), [200, 429])
  assert.deepEqual(await apart.statuses(2, '/orders'), [200, 429])
  const byRoute = await gateway({ plugins: [rateLimit({ limit: 1, by: 'route' })] })
  t.after(byRoute.close)
  assert.deepEqual(await byRoute.statuses(1, '/users'), [200])
  assert.deepEqual(await byRoute.statuses(2, '/orders'), [200, 429])
})

test('uses of one group share what is left on any route, other limits of its name do not', async (t) => {
  const one = await gateway({
    users: [rateLimit({ limit: 3, group: 'api' })],
    orders: [rateLimit({ limit: 3, group: 'api' })],
  })
  t.after(one.close)
  assert.deepEqual(await one.statuses(2, '/users'), [200, 200])
  assert.deepEqual(await one.statuses(2, '/orders'), [200, 429])
  assert.equal((await one.ask('/users')).headers['ratelimit-policy'], '"api";q=3;w=60')
  const other = await gateway({
    users: [rateLimit({ limit: 1, group: 'api' })],
    orders: [rateLimit({ limit: 2, group: 'api' })],
  })
  t.after(other.close)
  assert.deepEqual(await other.statuses(2, '/users'), [200, 429])
  assert.deepEqual(await other.statuses(3, '/orders'), [200, 200, 429])
})

test('several limits are told beside each other, and a refused request takes from none', async (t) => {
  const { ask, statuses, clock, close } = await gateway({
    users: [rateLimit({ limits: ['2/s', '3/h'], jitter: 0, headers: 'both' })],
  })
  t.after(close)
  const first = await ask('/users')
  assert.equal(first.headers['ratelimit-policy'], '"default-1s";q=2;w=1, "default-1h";q=3;w=3600')
  assert.equal(first.headers.ratelimit, '"default-1s";r=1;t=1, "default-1h";r=2;t=1200')
  assert.equal(first.headers['x-ratelimit-limit'], '2')
  assert.equal(first.headers['x-ratelimit-remaining'], '1')
  assert.deepEqual(await statuses(9, '/users'), [200, ...new Array<number>(8).fill(429)])
  clock.advance(1_000)
  const last = await ask('/users')
  assert.equal(last.headers.ratelimit, '"default-1s";r=1;t=1, "default-1h";r=0;t=3599')
  const refused = await ask('/users')
  assert.equal(refused.headers['retry-after'], '1199')
  assert.equal(refused.headers['x-ratelimit-limit'], '3')
  assert.equal(refused.headers['x-ratelimit-reset'], '1199')
})

test('clients are told apart by address: IPv6 by /64, IPv4 however it is written', async (t) => {
  const { statuses, close } = await gateway({ users: [rateLimit({ limit: 1 })] })
  t.after(close)
  const from = async (address: string) => (await statuses(1, '/users', {}, address))[0]
  assert.equal(await from('2001:db8:0:1::1'), 200)
  assert.equal(await from('2001:db8:0:1:ffff::2'), 429)
  assert.equal(await from('2001:db8:0:2::1'), 200)
  assert.equal(await from('198.51.100.7'), 200)
  assert.equal(await from('::ffff:198.51.100.7'), 429)
  assert.equal(await from('198.51.100.8'), 200)
})

test('behind a proxy that is trusted the client counts, and what a client writes itself does not', async (t) => {
  const { statuses, close } = await gateway({
    users: [rateLimit({ limit: 1 })],
    trust: ['10.0.0.0/8'],
  })
  t.after(close)
  const via = async (forwarded: string, peer = '10.0.0.1') =>
    (await statuses(1, '/users', { 'x-forwarded-for': forwarded }, peer))[0]
  assert.equal(await via('198.51.100.1'), 200)
  assert.equal(await via('1.1.1.1, 198.51.100.1'), 429)
  assert.equal(await via('198.51.100.2'), 200)
  assert.equal(await via('5.5.5.5', '203.0.113.9'), 200)
  assert.equal(await via('6.6.6.6', '203.0.113.9'), 429)
})

test('a header, a cookie or a function may say who it is; without it the address does', async (t) => {
  const { statuses, close } = await gateway({
    users: [rateLimit({ limit: 1, by: { header: 'X-Api-Key' } })],
    orders: [
      rateLimit({ limit: 1, by: { cookie: 'session' } }),
      rateLimit({ limit: 100, by: (exchange) => exchange.params.nothing }),
    ],
  })
  t.after(close)
  assert.deepEqual(await statuses(2, '/users', { 'x-api-key': 'a' }), [200, 429])
  assert.deepEqual(await statuses(2, '/users', { 'x-api-key': 'b' }), [200, 429])
  assert.deepEqual(await statuses(2, '/users'), [200, 429])
  // An address as a key is another key than the address.
  assert.deepEqual(await statuses(2, '/users', { 'x-api-key': '192.0.2.1' }), [200, 429])
  assert.deepEqual(await statuses(2, '/orders', { cookie: 'a=b; session=s1' }), [200, 429])
  assert.deepEqual(await statuses(2, '/orders', { cookie: 'session=s2' }), [200, 429])
})

test('a claim of whoever was identified counts, and the parts of a list count as one', () => {
  const plugin = instantiate(rateLimit({ limit: 1, by: [{ claim: 'tenant' }, 'route'] }))
  const asks = (tenant: unknown, id: string): boolean => {
    const exchange = fakeExchange({ route: { id } })
    const claims = tenant === undefined ? {} : { tenant }
    exchange.flow.context.set(IDENTITY, { subject: 'ada', by: 'test', claims })
    plugin.request?.(exchange)
    return exchange.refused === undefined
  }
  assert.deepEqual([asks('blue', 'a'), asks('blue', 'a')], [true, false])
  assert.deepEqual([asks('blue', 'b'), asks('red', 'a')], [true, true])
  assert.deepEqual([asks(7, 'a'), asks('7', 'a')], [true, false])
  assert.deepEqual([asks(undefined, 'a'), asks(undefined, 'a')], [true, false])
})

test('a request may cost more, or nothing', async (t) => {
  const { statuses, ask, close } = await gateway({
    users: [
      rateLimit({ limit: 5, cost: (exchange) => Number(exchange.header('x-cost')), jitter: 0 }),
    ],
    orders: [rateLimit({ limit: 4, cost: 2 })],
  })
  t.after(close)
  assert.deepEqual(await statuses(2, '/users', { 'x-cost': '3' }), [200, 429])
  assert.deepEqual(await statuses(3, '/users', { 'x-cost': '0' }), [200, 200, 200])
  assert.deepEqual(await statuses(2, '/users', { 'x-cost': '1.5' }), [200, 429])
  assert.deepEqual(await statuses(3, '/orders'), [200, 200, 429])
  const never = await ask('/users', { 'x-cost': '6' })
  assert.deepEqual([never.statusCode, never.headers['retry-after']], [429, undefined])
  assert.deepEqual(await statuses(1, '/users', { 'x-cost': 'much' }), [500])
})

test('addresses may be left alone, or refused whatever they have left', async (t) => {
  const { statuses, close } = await gateway({
    users: [rateLimit({ limit: 1, allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.6.6.0/24'] })],
  })
  t.after(close)
  assert.deepEqual(await statuses(3, '/users', {}, '10.0.0.1'), [200, 200, 200])
  assert.deepEqual(await statuses(3, '/users', {}, '2001:db8::9'), [200, 200, 200])
  assert.deepEqual(await statuses(1, '/users', {}, '10.6.6.6'), [403])
  assert.deepEqual(await statuses(2, '/users', {}, '192.0.2.1'), [200, 429])
})

test('a dry run refuses nothing, tells clients nothing, and logs what it would have done', async (t) => {
  const { statuses, ask, logged, close } = await gateway({
    users: [rateLimit({ limit: 1, dryRun: true })],
  })
  t.after(close)
  assert.deepEqual(await statuses(3, '/users'), [200, 200, 200])
  assert.equal((await ask('/users')).headers.ratelimit, undefined)
  const told = logged.filter(({ message }) => message === 'requests would have been refused')
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [{ route: '/users', limit: 'default', refused: 1 }],
  )
})

test('the wait that clients are told is longer by chance, never shorter', () => {
  const plugin = instantiate(rateLimit({ limit: 1, window: '100s', jitter: 0.5 }))
  const waits = Array.from({ length: 400 }, () => {
    const exchange = fakeExchange()
    plugin.request?.(exchange)
    return Number(exchange.refused?.headers['retry-after'] ?? 100)
  })
  assert.ok(waits.every((wait) => wait >= 100 && wait <= 150))
  assert.ok(new Set(waits).size > 40)
})

test('counts go on through a reload that leaves the use as it is, and begin anew where it is changed', async (t) => {
  const {
    gateway: running,
    statuses,
    close,
  } = await gateway({
    users: [rateLimit({ limit: 2 })],
    orders: [rateLimit({ limit: 2, group: 'g' })],
  })
  t.after(close)
  assert.deepEqual(await statuses(2, '/users'), [200, 200])
  assert.deepEqual(await statuses(2, '/orders'), [200, 200])
  const header = definePlugin({ name: 'other', options: Type.Object({}), create: () => ({}) })
  // The use of the group is another one now, in another place: the group is the same.
  await running.reload(
    configOf({
      users: [rateLimit({ limit: 2 })],
      orders: [header(), rateLimit({ limit: 2, group: 'g' })],
    }),
  )
  assert.deepEqual(await statuses(1, '/users'), [429])
  assert.deepEqual(await statuses(1, '/orders'), [429])
  await running.reload(configOf({ users: [rateLimit({ limit: 3 })] }))
  assert.deepEqual(await statuses(4, '/users'), [200, 200, 200, 429])
})

test('what is wrong with the options is told at load', () => {
  const wrong = (options: Parameters<typeof rateLimit>[0]): string => {
    try {
      instantiate(rateLimit(options))
    } catch (error: unknown) {
      return String(error)
    }
    return ''
  }
  assert.match(wrong({}), /needs a limit, such as limit: 100, window: "1m"/)
  assert.match(wrong({ limits: ['ten/s'] }), /limits\/0/)
  assert.match(wrong({ limits: ['1/s'], burst: 5 }), /`burst` belongs to `limit`/)
  assert.match(wrong({ limit: 1, burst: 5, algorithm: 'fixedWindow' }), /a window has none/)
  assert.match(wrong({ limit: 5, window: '1s', limits: ['9/s'] }), /two limits of one window, 1s/)
  assert.match(wrong({ limit: 1, window: 0 }), /must be longer than nothing/)
  assert.match(wrong({ limits: ['900000000000/365d'] }), /cannot count .* exactly/)
  assert.match(wrong({ limit: 1, allow: ['10.0.0.0/33'] }), /addresses or CIDRs .* "10.0.0.0\/33"/)
  assert.match(
    wrong({ limit: 1, cost: -1 }),
    /must be a whole number from 0, or a function, got -1/,
  )
  assert.match(wrong({ limit: 1, by: { header: 'a b' } }), /without spaces or separators/)
  assert.match(wrong({ limit: 1, by: [] }), /must name at least one key/)
  assert.equal(wrong({ limits: ['10/s', '1000/h', '5/10m', '9/d'], burst: 0 }), '')
})

test('it limits in virtual time as well, to the request', async () => {
  const { outcomes, requests } = await simulate({
    balance: roundRobin(),
    plugins: [rateLimit({ limit: 100, window: '1s', burst: 10 })],
    arrivals: steady(400),
    endpoints: [{ service: constant(1), count: 2 }],
    duration: '20s',
    warmUp: 0,
  })
  assert.ok(outcomes.ok >= 2_008 && outcomes.ok <= 2_010, `${outcomes.ok} of ${requests}`)
  assert.ok(requests >= 7_999)
  assert.equal(outcomes.ok + outcomes.local, requests)
})

test('connections of layer 4 count by address', () => {
  const plugin = instantiate(rateLimit({ limit: 2, deny: ['10.6.6.6'], allow: ['10.0.0.1'] }))
  const comes = (address: string) => plugin.stream?.(fakeExchange().flow, { address, port: 50_000 })
  const from = (address: string) => [comes(address), comes(address), comes(address)]
  assert.deepEqual(from('192.0.2.1'), [true, true, false])
  assert.deepEqual(from('2001:db8::1'), [true, true, false])
  assert.deepEqual(from('10.0.0.1'), [true, true, true])
  assert.equal(comes('10.6.6.6'), false)
})

test('a Redis that says nothing costs a request 10 ms', async () => {
  const answers: FakeRedisAnswer = () => new Promise(() => undefined)
  const use = rateLimit({ limit: 1, group: 'slow', redis: { url: 'redis://redis.test' } })
  const {
    inject,
    clock: time,
    close,
  } = await createTestGateway(configOf({ users: [use] }), {
    endpoints: { [USERS]: () => ({ body: 'ok' }) },
    redis: answers,
  })
  const pending = inject('/users')
  let isOver = false
  pending.then(() => {
    isOver = true
  })
  await nextTurn()
  time.advance(9)
  await nextTurn()
  assert.equal(isOver, false)
  time.advance(1)
  assert.equal((await pending).statusCode, 200)
  const second = inject('/users')
  await nextTurn()
  time.advance(10)
  assert.equal((await second).statusCode, 429, 'what is counted here meanwhile')
  await close()
})

test('status tells what was admitted and refused', () => {
  const plugin = instantiate(rateLimit({ limit: 1 }))
  for (let i = 0; i < 3; i++) plugin.request?.(fakeExchange())
  assert.deepEqual(plugin.status?.(undefined as never), {
    limits: ['1 in 60000 ms'],
    keys: 1,
    admitted: 1,
    refused: 2,
  })
})
