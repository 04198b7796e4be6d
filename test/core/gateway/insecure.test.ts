import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, LOGGER } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'

test('an upstream whose endpoints are not verified is told at each load, loudly', async (t) => {
  const warnings: unknown[] = []
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (...told: unknown[]) => warnings.push(told),
  }
  const upstream = { endpoints: ['https://127.0.0.1:1'], balance: roundRobin() }
  const gateway = await createGateway(
    {
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { careless: { ...upstream, tls: { insecure: true } }, careful: upstream },
      routes: [{ to: 'careless' }, { path: '/careful', to: 'careful' }],
    },
    [bind(LOGGER, log)],
  )
  t.after(() => gateway.close())
  const text = 'TLS to this upstream is not verified: anyone can answer'
  assert.deepEqual(warnings, [[{ upstream: 'careless' }, text]])
})
