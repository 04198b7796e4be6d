// #region imports
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway } from 'sluice'
import { conformance, createTestGateway } from 'sluice/testing'
import { fastestOfThree } from './fastest-of-three.ts'

// #endregion imports

// #region kit
for (const { name, run } of conformance(() => fastestOfThree(), { judges: true })) {
  test(`fastest of three: ${name}`, run)
}
// #endregion kit

// #region strategy
test('the fastest of three gets most, and a slow one is asked again', async () => {
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      users: {
        endpoints: ['http://ada.test', 'http://bob.test', 'http://cyd.test'],
        balance: fastestOfThree({ memory: '1s' }),
      },
    },
    routes: [{ to: 'users' }],
  })
  const asked = { ada: 0, bob: 0, cyd: 0 }
  const service = (name: keyof typeof asked, latencyMs: number) => () => {
    asked[name]++
    clock.advance(latencyMs)
    return { body: name }
  }
  const { inject, clock, close } = await createTestGateway(config, {
    endpoints: {
      'http://ada.test': service('ada', 5),
      'http://bob.test': service('bob', 20),
      'http://cyd.test': service('cyd', 80),
    },
  })
  for (let request = 0; request < 1_000; request++) await inject('/')
  await close()
  assert.ok(asked.ada > 900, `ada was asked ${asked.ada} times`)
  assert.ok(asked.cyd > 1, `cyd was asked ${asked.cyd} times`)
})
// #endregion strategy
