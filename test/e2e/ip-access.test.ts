import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ipAccess } from 'sluice/plugins'
import { startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

test('datagrams from an address that is not let in reach no endpoint', async (t) => {
  const endpoint = await UdpEndpoint.start(t)
  const gateways = await Promise.all(
    ['10.0.0.0/8', '127.0.0.0/8'].map((cidr) => {
      return startUdpGateway(t, [endpoint.url], { plugins: [ipAccess({ allow: [cidr] })] })
    }),
  )
  const [refused, allowed] = await Promise.all(gateways.map(({ port }) => UdpClient.open(t, port)))
  for (let i = 0; i < 3; i++) refused?.send('out')
  await allowed?.ask('in')
  assert.deepEqual(
    endpoint.heard.map(({ text }) => text),
    ['in'],
  )
})
