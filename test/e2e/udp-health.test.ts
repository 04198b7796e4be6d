import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGateway } from 'sluice/gateway'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

test('a health check that would have to guess the protocol is refused at boot', async () => {
  for (const check of [healthCheck(), healthCheck({ type: 'tcp' })]) {
    const config = {
      udp: [{ port: 0, to: 'dns' as const, flow: 'oneShot' as const }],
      upstreams: {
        dns: { endpoints: ['udp://10.0.0.1:53'], balance: roundRobin(), plugins: [check] },
      },
    }
    await assert.rejects(
      createGateway(config),
      /upstreams\.dns: healthCheck\(\) cannot ask udp:\/\/10\.0\.0\.1:53 by itself.*as `check`/,
    )
  }
})

test('a function keeps datagrams away from an endpoint that is not well', async (t) => {
  const well = await UdpEndpoint.start(t, () => 'well')
  const ill = await UdpEndpoint.start(t, () => 'ill')
  const check = async ({ url }: { readonly url: string }) => url === well.url
  const { gateway, port } = await startUdpGateway(
    t,
    [ill.url, well.url],
    {},
    { plugins: [healthCheck({ check, interval: '50ms' })] },
  )
  await waitFor(
    () => gateway.status().upstreams.it?.endpoints[1]?.holds === 0,
    'the first check of the one that is well',
  )
  const client = await UdpClient.open(t, port)
  for (let i = 0; i < 4; i++) assert.equal(await client.ask('?'), 'well')
})
