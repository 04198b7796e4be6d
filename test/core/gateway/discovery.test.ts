import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, definePlugin, type EndpointUpdate, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
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
