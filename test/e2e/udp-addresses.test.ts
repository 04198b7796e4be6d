import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { outcomes, useOf } from '../support/outcomes.ts'
import { startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

test('an endpoint may be a name, and one that nobody knows fails', async (t) => {
  const { seen, plugin } = outcomes()
  const endpoint = await UdpEndpoint.start(t)
  const named = endpoint.url.replace('127.0.0.1', 'localhost')
  for (const flow of ['oneShot', 'conversation'] as const) {
    const { port } = await startUdpGateway(t, [named], { flow })
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('hello'), 'hello')
  }
  const unknown = ['udp://nobody.invalid:53']
  const { gateway, port } = await startUdpGateway(t, unknown, {}, { plugins: [plugin] })
  const client = await UdpClient.open(t, port)
  client.send('hello?')
  await waitFor(() => seen.length === 1, 'the failure')
  assert.deepEqual(seen, ['connect-failed'])
  assert.equal(gateway.status().streams, 0)
})

test('over IPv6 it is the same, and a client of IPv4 there has its own address', async (t) => {
  const probe = createSocket('udp6').bind(0, '::1')
  const isThere = await Promise.race([
    once(probe, 'listening').then(() => true),
    once(probe, 'error').then(() => false),
  ])
  probe.close()
  if (!isThere) return t.skip('no IPv6 here')
  const endpoint = createSocket('udp6').bind(0, '::1')
  await once(endpoint, 'listening')
  t.after(() => endpoint.close())
  endpoint.on('message', (datagram, { port, address }) => endpoint.send(datagram, port, address))
  const peers: string[] = []
  const plugin = useOf({
    stream(_flow, { address }) {
      peers.push(address)
      return true
    },
  })
  const url = `udp://[::1]:${endpoint.address().port}`
  const { port } = await startUdpGateway(t, [url], { host: '::', plugins: [plugin] })
  const client = await UdpClient.open(t, port)
  assert.equal(await client.ask('hello'), 'hello')
  assert.deepEqual(peers, ['127.0.0.1'])
})
