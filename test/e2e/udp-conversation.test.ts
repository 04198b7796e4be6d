import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Endpoint, Hold, Upstream } from 'sluice'
import { retry, roundRobin } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { outcomes, useOf } from '../support/outcomes.ts'
import { inflightOf } from '../support/start-gateway.ts'
import { refusingUrl, startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

/** A plugin through which a test holds endpoints. */
function holding() {
  const seen: { upstream: Upstream | undefined } = { upstream: undefined }
  const plugin = useOf({
    upstream(upstream) {
      seen.upstream = upstream
    },
  })
  const hold = (url: string, reason: 'health' | 'drain'): Hold => {
    const isIt = (one: Endpoint) => one.url === url
    const endpoint = seen.upstream?.endpoints.find(isIt)
    assert(seen.upstream && endpoint)
    return seen.upstream.hold(endpoint, reason)
  }
  return { plugin, hold, seen }
}

const conversation = { flow: 'conversation' } as const

/** Endpoints that say who they are. */
async function twoNamed(t: Parameters<typeof UdpEndpoint.start>[0]) {
  const a = await UdpEndpoint.start(t, () => 'a')
  const b = await UdpEndpoint.start(t, () => 'b')
  return { a, b, urls: [a.url, b.url] }
}

describe('a conversation', () => {
  test('stays with one endpoint, from one port there', async (t) => {
    const { a, b, urls } = await twoNamed(t)
    const { gateway, port } = await startUdpGateway(t, urls, conversation)
    const client = await UdpClient.open(t, port)
    const other = await UdpClient.open(t, port)
    for (let i = 0; i < 5; i++) assert.equal(await client.ask(`${i}`), 'a')
    for (let i = 0; i < 5; i++) assert.equal(await other.ask(`${i}`), 'b')
    assert.equal(new Set(a.heard.map(({ from }) => from.port)).size, 1)
    assert.equal(new Set(b.heard.map(({ from }) => from.port)).size, 1)
    assert.equal(gateway.status().streams, 2)
    assert.equal(inflightOf(gateway), 2)
  })

  test('hears all that the endpoint says, unasked too', async (t) => {
    const endpoint = await UdpEndpoint.start(t, (_datagram, from, socket) => {
      for (let i = 0; i < 10; i++) socket.send(`${i}`, from.port, from.address)
      return undefined
    })
    const { port } = await startUdpGateway(t, [endpoint.url], conversation)
    const client = await UdpClient.open(t, port)
    client.send('go')
    assert.equal((await client.received(10)).join(''), '0123456789')
  })

  test('gets no more replies than the config allows for each datagram', async (t) => {
    const endpoint = await UdpEndpoint.start(t, (datagram, from, socket) => {
      if (String(datagram) === 'last') return 'last'
      for (let i = 0; i < 10; i++) socket.send(`${i}`, from.port, from.address)
      return undefined
    })
    const { port } = await startUdpGateway(t, [endpoint.url], { ...conversation, replies: 2 })
    const client = await UdpClient.open(t, port)
    client.send('go')
    client.send('last')
    assert.deepEqual((await client.received(4)).length, 4)
    assert.equal(await client.ask('last'), 'last')
  })

  test('is over after its silence, and counts as well', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await UdpEndpoint.start(t)
    const { gateway, port } = await startUdpGateway(
      t,
      [endpoint.url],
      { ...conversation, idleTimeout: '50ms' },
      { plugins: [plugin] },
    )
    const client = await UdpClient.open(t, port)
    await client.ask('hello')
    await waitFor(() => seen.length === 1, 'the end')
    assert.deepEqual(seen, ['ok'])
    assert.equal(gateway.status().streams, 0)
    assert.equal(await client.ask('again'), 'again')
    assert.equal(new Set(endpoint.heard.map(({ from }) => from.port)).size, 2)
  })

  test('says nothing of an endpoint that never spoke, unless a reply was due', async (t) => {
    for (const [timeout, outcome] of [
      ['0ms', 'local'],
      ['30ms', 'timeout'],
    ] as const) {
      const { seen, plugin } = outcomes()
      const silent = await UdpEndpoint.start(t, () => undefined)
      const listener = { ...conversation, idleTimeout: '50ms', timeout } as const
      const { port } = await startUdpGateway(t, [silent.url], listener, { plugins: [plugin] })
      const client = await UdpClient.open(t, port)
      client.send('hello?')
      await waitFor(() => seen.length === 1, 'the end')
      assert.deepEqual(seen, [outcome])
    }
  })

  test('moves with the next datagram when its endpoint is held, but for a drain', async (t) => {
    const { plugin, hold } = holding()
    const { a, urls } = await twoNamed(t)
    const { gateway, port } = await startUdpGateway(t, urls, conversation, { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('1'), 'a')
    const drain = hold(a.url, 'drain')
    await waitFor(() => gateway.status().upstreams.it?.endpoints[0]?.holds !== 0, 'the hold')
    assert.equal(await client.ask('2'), 'a')
    drain.release()
    hold(a.url, 'health')
    assert.equal(await client.ask('3'), 'b')
    assert.equal(await client.ask('4'), 'b')
    assert.equal(inflightOf(gateway), 1)
  })

  test('stays with a held endpoint where the config says so', async (t) => {
    const { plugin, hold } = holding()
    const { a, urls } = await twoNamed(t)
    const listener = { ...conversation, onDown: 'keep' } as const
    const { port } = await startUdpGateway(t, urls, listener, { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    await client.ask('1')
    hold(a.url, 'health')
    assert.equal(await client.ask('2'), 'a')
  })

  test('begins at another endpoint by retry() when the first one refuses', async (t) => {
    const endpoint = await UdpEndpoint.start(t)
    const urls = [await refusingUrl(), endpoint.url]
    const { port } = await startUdpGateway(t, urls, conversation, { plugins: [retry()] })
    const client = await UdpClient.open(t, port)
    client.send('1')
    client.send('2')
    assert.deepEqual(await client.received(2), ['1', '2'])
  })

  test('ends when its endpoint goes away, and begins anew', async (t) => {
    const { seen, plugin } = outcomes()
    const { a, urls } = await twoNamed(t)
    const { port } = await startUdpGateway(t, urls, conversation, { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('1'), 'a')
    a.close()
    client.send('2')
    await waitFor(() => seen.length === 1, 'the refusal')
    assert.deepEqual(seen, ['upstream-error'])
    assert.equal(await client.ask('3'), 'b')
  })

  test('goes on through a reload, even one that drops its endpoint', async (t) => {
    const { a, b, urls } = await twoNamed(t)
    const { gateway, port } = await startUdpGateway(t, urls, conversation)
    const client = await UdpClient.open(t, port)
    assert.equal(await client.ask('1'), 'a')
    await gateway.reload({
      udp: [{ port: 0, host: '127.0.0.1', to: 'it', ...conversation }],
      upstreams: { it: { endpoints: [b.url], balance: roundRobin() } },
      shutdownTimeout: '500ms',
    })
    assert.equal(await client.ask('2'), 'a')
    const other = await UdpClient.open(t, port)
    assert.equal(await other.ask('1'), 'b')
    // What is left of the old endpoint is cut when its drain ends.
    await waitFor(() => gateway.status().streams === 1, 'the cut')
    assert.equal(await client.ask('3'), 'b')
    assert.equal(a.heard.length, 2)
  })

  test('is cut by a stop at its deadline, not before', async (t) => {
    const endpoint = await UdpEndpoint.start(t)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], conversation)
    const client = await UdpClient.open(t, port)
    await client.ask('1')
    const closed = gateway.close()
    assert.equal(await client.ask('2'), '2')
    assert.deepEqual(await closed, { exchanges: 0, tunnels: 1 })
  })

  test('has a bound, which those that are there do not feel', async (t) => {
    const endpoint = await UdpEndpoint.start(t)
    const listener = { ...conversation, maxFlows: 2 }
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], listener)
    const [a, b, c] = await Promise.all(Array.from({ length: 3 }, () => UdpClient.open(t, port)))
    assert(a && b && c)
    await a.ask('1')
    await b.ask('1')
    c.send('1')
    assert.equal(await a.ask('2'), '2')
    assert.deepEqual(c.texts, [])
    assert.equal(gateway.status().streams, 2)
  })
})
