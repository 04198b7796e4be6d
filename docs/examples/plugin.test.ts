import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, fakeExchange, instantiate } from 'sluice/testing'
import { apiKey, KEY_STORE } from './api-key.ts'
import { stamp } from './stamp.ts'

// #region config
const config = defineGateway({
  http: { port: 0 },
  upstreams: { users: { endpoints: ['http://users.test'], balance: roundRobin() } },
  routes: [{ path: '/users', to: 'users', plugins: [apiKey({ header: 'x-api-key' })] }],
  plugins: [stamp()],
  provide: [bind(KEY_STORE, { ownerOf: async (key) => (key === 'k1' ? 'ada' : undefined) })],
})
// #endregion config

// #region answer
test('the upstream learns whose key it was, and not the key', async () => {
  const { inject, close } = await createTestGateway(config, {
    endpoints: {
      'http://users.test': ({ headers }) => ({
        body: `${headers['x-key-owner']} ${headers['x-api-key']}`,
      }),
    },
  })
  const answer = await inject({ url: '/users', headers: { 'x-api-key': 'k1' } })
  await close()
  assert.equal(answer.body, 'ada undefined')
})
// #endregion answer

// #region refusal
test('an unknown key gets 401, and the log says so', async () => {
  const { inject, logged, close } = await createTestGateway(config, { endpoints: {} })
  const answer = await inject({ url: '/users', headers: { 'x-api-key': 'guess' } })
  await close()
  assert.equal(answer.statusCode, 401)
  assert.deepEqual(logged[0]?.fields, { owner: 'nobody', route: '/users', outcome: 'local' })
})
// #endregion refusal

// #region time
test('an answer carries the time its request came in', async () => {
  const { inject, clock, close } = await createTestGateway(config, {
    endpoints: { 'http://users.test': () => ({ status: 204 }) },
  })
  clock.advance(1_500)
  const answer = await inject({ url: '/users', headers: { 'x-api-key': 'k1' } })
  await close()
  assert.equal(answer.headers['x-received-at'], '1500')
})
// #endregion time

// #region alone
test('a request without a key is answered at once', async () => {
  const keys = { ownerOf: async () => 'ada' }
  const plugin = instantiate(apiKey({ header: 'x-api-key' }), [bind(KEY_STORE, keys)])
  const exchange = fakeExchange({ target: '/users' })
  await plugin.request?.(exchange)
  assert.equal(exchange.replied?.status, 401)
})
// #endregion alone
