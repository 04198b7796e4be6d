import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway } from 'sluice'
import { healthCheck, outlierEjection, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'

const HOSTS = ['a', 'b', 'c', 'd'].map((name) => `http://${name}.test`)

/** How long an endpoint that failed for a while stays out, in ms. */
async function outFor(...plugins: ReturnType<typeof healthCheck>[]): Promise<number> {
  let isBroken = false
  const endpoints = Object.fromEntries(
    HOSTS.map((url, n) => [url, () => ({ status: n === 0 && isBroken ? 500 : 200 })]),
  )
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      users: {
        endpoints: HOSTS,
        balance: roundRobin(),
        failure: ({ status }) => (status === 500 ? 'timeout' : 'ok'),
        plugins: [outlierEjection({ time: '1m' }), ...plugins],
      },
    },
    routes: [{ to: 'users' }],
  })
  const { gateway, inject, clock, close } = await createTestGateway(config, { endpoints })
  const isOut = (): boolean => gateway.status().upstreams.users?.endpoints[0]?.ready === false
  const step = async (): Promise<void> => {
    await inject('/')
    clock.advance(50)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let i = 0; i < 400; i++) await step()
  isBroken = true
  for (let i = 0; i < 400 && !isOut(); i++) await step()
  assert.ok(isOut(), 'it is ejected')
  isBroken = false
  const from = clock.now()
  while (isOut() && clock.now() - from < 120_000) await step()
  await close()
  return clock.now() - from
}

test('a health check that passes ends an ejection; without one it lasts', async () => {
  assert.ok((await outFor()) > 45_000)
  assert.ok((await outFor(healthCheck({ interval: '2s', fall: 10 }))) < 5_000)
})
