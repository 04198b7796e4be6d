import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGateway } from 'sluice/gateway'
import { outlierEjection, roundRobin } from 'sluice/plugins'

test('a first ejection longer than the longest one is refused at load', async () => {
  const config = (options: Parameters<typeof outlierEjection>[0]) => ({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: ['http://127.0.0.1:9'], balance: roundRobin() } },
    routes: [{ path: '/', to: 'it' as const }],
    plugins: [outlierEjection(options)],
  })
  await assert.rejects(createGateway(config({ time: '10m' })), {
    message: 'plugins[0] outlier-ejection: has a time beyond its maxTime',
  })
  const gateway = await createGateway(config({ time: '10m', maxTime: '10m' }))
  await gateway.close()
})
