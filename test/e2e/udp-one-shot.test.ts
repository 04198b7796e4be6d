import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Peer } from 'sluice'
import { retry, ringHash } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { outcomes, useOf } from '../support/outcomes.ts'
import { inflightOf } from '../support/start-gateway.ts'
import { refusingUrl, startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

describe('a oneShot flow', () => {
  test('takes a datagram to an endpoint and its reply back', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await UdpEndpoint.start(t)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], {}, { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('hello'), 'hello')
    assert.deepEqual(seen, ['ok'])
    assert.equal(gateway.status().streams, 0)
    assert.equal(inflightOf(gateway), 0)
  })

  test('is balanced anew for each datagram of a client', async (t) => {
    const endpoints = [await UdpEndpoint.start(t), await UdpEndpoint.start(t)]
    const { port } = await startUdpGateway(
      t,
      endpoints.map(({ url }) => url),
    )
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 10; i++) await client.ask(`${i}`)
    assert.deepEqual(
      endpoints.map(({ heard }) => heard.length),
      [5, 5],
    )
  })

  test('keeps apart what clients ask at one time', async (t) => {
    const endpoint = await UdpEndpoint.start(t, (datagram) => `re ${datagram}`)
    const { port } = await startUdpGateway(t, [endpoint.url])
    const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open(t, port)))
    for (let round = 0; round < 5; round++) {
      for (const [number, client] of clients.entries()) client.send(`${number}.${round}`)
    }
    for (const [number, client] of clients.entries()) {
      const expected = Array.from({ length: 5 }, (_, round) => `re ${number}.${round}`)
      assert.deepEqual((await client.received(5)).sort(), expected)
    }
  })

  test('lets as many replies through as the config says, and no other', async (t) => {
    const endpoint = await UdpEndpoint.start(t, (datagram, from, socket) => {
      for (let i = 0; i < 5; i++) socket.send(`${datagram}${i}`, from.port, from.address)
      return undefined
    })
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], { replies: 3 })
    const client = await UdpClient.open(t, port)
    client.send('a')
    await client.received(3)
    client.send('b')
    assert.deepEqual(await client.received(6), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    assert.equal(gateway.status().streams, 0)
  })

  test('never gets the late reply to another one', async (t) => {
    const late: (() => void)[] = []
    const endpoint = await UdpEndpoint.start(t, (datagram, from, socket) => {
      if (!String(datagram).startsWith('slow')) return datagram
      late.push(() => socket.send('late', from.port, from.address))
      return undefined
    })
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], { timeout: '20ms' })
    const slow = await UdpClient.open(t, port)
    const other = await UdpClient.open(t, port)
    slow.send('slow')
    await waitFor(() => late.length === 1 && gateway.status().streams === 0, 'the timeout')
    for (let i = 0; i < 5; i++) {
      other.send(`${i}`)
      late[0]?.()
    }
    assert.deepEqual((await other.received(5)).sort(), ['0', '1', '2', '3', '4'])
    assert.deepEqual(slow.texts, [])
  })

  test('is over after its timeout, which the endpoint is blamed for', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await UdpEndpoint.start(t, () => undefined)
    const listener = { timeout: '20ms' } as const
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], listener, {
      plugins: [plugin],
    })
    const client = await UdpClient.open(t, port)
    client.send('anybody?')
    await waitFor(() => seen.length === 1, 'the timeout')
    assert.deepEqual(seen, ['timeout'])
    assert.equal(gateway.status().streams, 0)
  })

  test('goes to another endpoint by retry() when one refuses by ICMP', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await UdpEndpoint.start(t)
    const plugins = [plugin, retry({ budget: { min: 100 } })]
    const { port } = await startUdpGateway(t, [await refusingUrl(), endpoint.url], {}, { plugins })
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 4; i++) assert.equal(await client.ask(`${i}`), `${i}`)
    assert.deepEqual(new Set(seen), new Set(['connect-failed', 'ok']))
    assert.equal(seen.filter((outcome) => outcome === 'ok').length, 4)
  })

  test('goes to another endpoint by retry() when one is silent', async (t) => {
    const silent = await UdpEndpoint.start(t, () => undefined)
    const endpoint = await UdpEndpoint.start(t)
    const { port } = await startUdpGateway(
      t,
      [silent.url, endpoint.url],
      { timeout: '20ms' },
      { plugins: [retry({ on: ['connect-failed', 'timeout'] })] },
    )
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('1'), '1')
    assert.equal(await client.ask('2'), '2')
    assert(silent.heard.length > 0)
  })

  test('carries the largest datagrams, empty ones, and any bytes', async (t) => {
    const endpoint = await UdpEndpoint.start(t)
    const { port } = await startUdpGateway(t, [endpoint.url])
    const client = await UdpClient.open(t, port)
    const largest = Buffer.alloc(65_507, 7)
    assert.equal((await client.ask(largest)) === largest.toString('latin1'), true)
    assert.equal(await client.ask(''), '')
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    assert.equal(await client.ask(bytes), bytes.toString('latin1'))
  })

  test('is refused by a plugin that says so, now or later', async (t) => {
    const peers: Peer[] = []
    const endpoint = await UdpEndpoint.start(t)
    const plugin = useOf({
      stream(_flow, peer) {
        peers.push(peer)
        if (peers.length === 1) return false
        return peers.length === 2 ? Promise.resolve(false) : Promise.resolve(true)
      },
    })
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    client.send('1')
    client.send('2')
    assert.equal(await client.ask('3'), '3')
    assert.equal(endpoint.heard.length, 1)
    assert.deepEqual(peers[0]?.address, '127.0.0.1')
    assert.equal(peers[0]?.port, client.socket.address().port)
    assert.equal(gateway.status().streams, 0)
  })

  test('goes by the client’s address where the strategy hashes', async (t) => {
    const endpoints = [await UdpEndpoint.start(t), await UdpEndpoint.start(t)]
    const { port } = await startUdpGateway(
      t,
      endpoints.map(({ url }) => url),
      {},
      { balance: ringHash({ by: 'ip' }) },
    )
    const clients = await Promise.all(Array.from({ length: 4 }, () => UdpClient.open(t, port)))
    for (const client of clients) await client.ask('x')
    assert.deepEqual(endpoints.map(({ heard }) => heard.length).sort(), [0, 4])
  })

  test('has a bound: more of them are dropped, and places come back', async (t) => {
    const endpoint = await UdpEndpoint.start(t, (datagram) =>
      String(datagram) === 'hold' ? undefined : datagram,
    )
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], {
      maxFlows: 3,
      timeout: '100ms',
    })
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 50; i++) client.send('hold')
    await waitFor(() => endpoint.heard.length === 3, 'the bound')
    assert.equal(gateway.status().streams, 3)
    await waitFor(() => gateway.status().streams === 0, 'the timeout')
    assert.equal(endpoint.heard.length, 3)
    assert.equal(await client.ask('again'), 'again')
  })

  test('has a bound for each client’s address', async (t) => {
    const endpoint = await UdpEndpoint.start(t, () => undefined)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], { maxFlowsPerClient: 2 })
    const clients = await Promise.all(Array.from({ length: 5 }, () => UdpClient.open(t, port)))
    for (const client of clients) client.send('x')
    await waitFor(() => endpoint.heard.length === 2, 'the bound')
    assert.equal(gateway.status().streams, 2)
  })

  test('is waited for by a stop, and its reply goes out', async (t) => {
    const asked: (() => void)[] = []
    const endpoint = await UdpEndpoint.start(t, (datagram, from, socket) => {
      asked.push(() => socket.send(datagram, from.port, from.address))
      return undefined
    })
    const { gateway, port } = await startUdpGateway(t, [endpoint.url])
    const client = await UdpClient.open(t, port)
    client.send('wait')
    await waitFor(() => asked.length === 1, 'the question')
    const closed = gateway.close()
    client.send('too late')
    asked[0]?.()
    assert.deepEqual(await client.received(1), ['wait'])
    assert.deepEqual(await closed, { exchanges: 0, tunnels: 0 })
    assert.equal(endpoint.heard.length, 1)
  })
})
