import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, definePlugin, type EndpointUpdate, Type } from 'sluice'
import { dnsEndpoints, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'

const A = { 'http://a.test': () => ({ body: 'a' }), 'http://b.test': () => ({ body: 'b' }) }

function discovering(first: readonly string[] = ['http://a.test']) {
  const seen = { updates: [] as EndpointUpdate[], stopped: 0 }
  const discovery = definePlugin({
    name: 'discovery',
    options: Type.Object({ zone: Type.Optional(Type.String({ default: '' })) }),
    create: () => ({
      async discover(update) {
        seen.updates.push(update)
        update(first)
        return () => {
          seen.stopped++
        }
      },
    }),
  })
  const config = (zone = '') =>
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: discovery({ zone }), balance: roundRobin() } },
      routes: [{ to: 'users' }],
    })
  return { seen, config }
}

test('a plugin under endpoints gives them, before the first request and after each change', async () => {
  const { seen, config } = discovering()
  const { inject, gateway, close } = await createTestGateway(config(), { endpoints: A })
  assert.equal((await inject('/')).body, 'a')
  seen.updates[0]?.(['http://b.test'])
  assert.equal((await inject('/')).body, 'b')
  assert.throws(
    () => seen.updates[0]?.(['nonsense']),
    /upstreams.users.endpoints discovery.*not a URL/,
  )
  assert.equal((await inject('/')).body, 'b')
  seen.updates[0]?.([])
  assert.equal((await inject('/')).statusCode, 503)
  assert.equal(Object.keys(gateway.status().upstreams).length, 1)
  await close()
  assert.equal(seen.stopped, 1)
})

test('a reload with the same plugin keeps what it found; another one begins anew', async () => {
  const { seen, config } = discovering()
  const { inject, gateway, close } = await createTestGateway(config(), { endpoints: A })
  seen.updates[0]?.(['http://b.test'])
  await gateway.reload(config())
  assert.deepEqual([seen.updates.length, seen.stopped], [1, 0])
  assert.equal((await inject('/')).body, 'b')
  await gateway.reload(config('other'))
  assert.deepEqual([seen.updates.length, seen.stopped], [2, 1])
  assert.equal((await inject('/')).body, 'a')
  seen.updates[0]?.(['http://b.test'])
  assert.equal((await inject('/')).body, 'a', 'the one that was dropped has no say')
  await close()
})

test('a reload that fails ends what it began and nothing else', async () => {
  const { seen, config } = discovering()
  const { inject, gateway, close } = await createTestGateway(config(), { endpoints: A })
  const broken = definePlugin({
    name: 'broken',
    options: Type.Object({}),
    create: () => ({
      start() {
        throw new Error('no')
      },
    }),
  })
  await assert.rejects(gateway.reload({ ...config('other'), plugins: [broken()] }))
  assert.equal(seen.stopped, 0)
  assert.equal((await inject('/')).body, 'a')
  await close()
  assert.equal(seen.stopped, 1)
})

test('a plugin that discovers nothing, and nonsense in its place, are refused', async () => {
  const idle = definePlugin({ name: 'idle', options: Type.Object({}), create: () => ({}) })
  const { config } = discovering()
  const users = config().upstreams.users
  const boot = (endpoints: unknown) =>
    createTestGateway({
      ...config(),
      upstreams: { users: { ...users, endpoints: endpoints as never } },
    })
  await assert.rejects(boot(idle()), /upstreams.users.endpoints idle: discovers no endpoints/)
  await assert.rejects(
    boot({}),
    /upstreams.users.endpoints must be a list of endpoints, or a plugin/,
  )
  await assert.rejects(boot([]), /upstreams.users.endpoints must have at least one endpoint/)
})

test('discoveries begin side by side, and one that fails is named and ends the others', async () => {
  const seen = { begun: 0, stopped: 0 }
  const meeting = definePlugin({
    name: 'meeting',
    options: Type.Object({ fails: Type.Optional(Type.Boolean({ default: false })) }),
    create: ({ fails }) => ({
      async discover() {
        seen.begun++
        while (seen.begun < 2) await new Promise((resolve) => setImmediate(resolve))
        if (fails) throw new Error('nobody is there')
        return () => {
          seen.stopped++
        }
      },
    }),
  })
  const upstreams = {
    a: { endpoints: meeting({ fails: true }), balance: roundRobin() },
    b: { endpoints: meeting(), balance: roundRobin() },
  }
  const config = defineGateway({ http: { port: 0 }, upstreams, routes: [{ to: 'a' }] })
  await assert.rejects(createTestGateway(config), {
    name: 'ConfigError',
    message: 'upstreams.a.endpoints meeting: nobody is there',
  })
  assert.deepEqual(seen, { begun: 2, stopped: 1 })
})

test('a test stands in for DNS, and may change what it says', async () => {
  const names: Record<string, string[]> = {
    'users.test': ['10.0.0.1'],
    '_http._tcp.orders.test': ['10 5 9001 a.orders.test'],
    'a.orders.test': ['10.0.0.9', 'fd00::9'],
  }
  const { inject, clock, gateway, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: {
          endpoints: dnsEndpoints({ name: 'users.test', port: 9001 }),
          balance: roundRobin(),
        },
        orders: {
          endpoints: dnsEndpoints({ name: '_http._tcp.orders.test', type: 'SRV', family: 'both' }),
          balance: roundRobin(),
        },
      },
      routes: [{ to: 'users' }],
    }),
    {
      names,
      endpoints: {
        'http://10.0.0.1:9001': () => ({ body: 'one' }),
        'http://10.0.0.2:9001': () => ({ body: 'two' }),
      },
    },
  )
  assert.equal((await inject('/')).body, 'one')
  assert.deepEqual(
    gateway.status().upstreams.orders?.endpoints.map(({ id }) => id),
    ['10.0.0.9:9001', '[fd00::9]:9001'],
  )
  names['users.test'] = ['10.0.0.2']
  clock.advance(33_000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await inject('/')).body, 'two')
  await close()
})

test('an endpoint goes by its name, and is another one once that changes', async () => {
  const { seen, config } = discovering()
  const { gateway, inject, close } = await createTestGateway(config(), {
    endpoints: { 'http://10.0.0.1': ({ headers }) => ({ body: headers.host ?? '' }) },
  })
  const update = seen.updates[0]
  const changes = () => gateway.status().upstreams.users?.endpoints.length
  update?.([{ url: 'http://10.0.0.1', servername: 'a.test' }])
  assert.equal(changes(), 1)
  assert.equal((await inject('/')).body, 'localhost:80')
  await gateway.reload({
    ...config(),
    upstreams: { users: { ...config().upstreams.users, host: 'upstream' } },
  })
  assert.equal((await inject('/')).body, 'a.test')
  update?.([{ url: 'http://10.0.0.1', servername: 'b.test' }])
  assert.equal((await inject('/')).body, 'b.test')
  await close()
})
