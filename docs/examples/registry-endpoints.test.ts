import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, defineGateway } from 'sluice'
import { dnsEndpoints, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { consulEndpoints } from './consul.ts'
import { REGISTRY, registryEndpoints } from './registry-endpoints.ts'

test('traffic follows the registry, and nonsense changes nothing', async () => {
  let changed: (hosts: readonly string[]) => void = () => undefined
  let isWatched = true
  const registry = {
    watch(_service: string, listener: (hosts: readonly string[]) => void) {
      changed = listener
      changed(['a.test'])
      return () => {
        isWatched = false
      }
    },
  }
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      users: { endpoints: registryEndpoints({ service: 'users' }), balance: roundRobin() },
    },
    routes: [{ to: 'users' }],
    provide: [bind(REGISTRY, registry)],
  })
  const { inject, logged, close } = await createTestGateway(config, {
    endpoints: {
      'http://a.test': () => ({ body: 'a' }),
      'http://b.test': () => ({ body: 'b' }),
    },
  })
  assert.equal((await inject('/')).body, 'a')
  changed(['b.test'])
  assert.equal((await inject('/')).body, 'b')
  changed(['b.test/with/a/path'])
  assert.equal((await inject('/')).body, 'b')
  assert.equal(logged.at(-1)?.message, 'the last endpoints stay')
  await close()
  assert.equal(isWatched, false)
})

// #region names
test('the gateway follows DNS', async () => {
  const names = { 'users.test': ['10.0.0.1'] }
  const users = dnsEndpoints({ name: 'users.test', port: 9001 })
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: users, balance: roundRobin() } },
    routes: [{ to: 'users' }],
  })
  const { gateway, clock, close } = await createTestGateway(config, { names, endpoints: {} })
  names['users.test'] = ['10.0.0.2']
  clock.advance(33_000)
  await new Promise((resolve) => setImmediate(resolve))
  const [endpoint] = gateway.status().upstreams.users?.endpoints ?? []
  await close()
  assert.equal(endpoint?.id, '10.0.0.2:9001')
})
// #endregion names

test('what Consul answers becomes endpoints', async () => {
  const entries = [
    { Node: { Address: '10.0.0.1' }, Service: { Address: '', Port: 9001 } },
    { Node: { Address: '10.0.0.2' }, Service: { Address: '10.1.0.2', Port: 9002 } },
  ]
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: consulEndpoints('users'), balance: roundRobin() } },
    routes: [{ to: 'users' }],
  })
  const { gateway, close } = await createTestGateway(config, {
    endpoints: {
      'http://127.0.0.1:8500': ({ target }) => ({
        status: target === '/v1/health/service/users?passing' ? 200 : 404,
        body: JSON.stringify(entries),
      }),
    },
  })
  const ids = gateway.status().upstreams.users?.endpoints.map(({ id }) => id)
  await close()
  assert.deepEqual(ids, ['10.0.0.1:9001', '10.1.0.2:9002'])
})
