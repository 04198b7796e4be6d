import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { outlierEjection, retry, ringHash } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { outcomes } from '../support/outcomes.ts'
import { refusingUrl, startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

const oneWay = { flow: 'oneWay' } as const

describe('a oneWay flow', () => {
  test('is each datagram by itself, in order, with nothing coming back', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoints = [await UdpEndpoint.start(t), await UdpEndpoint.start(t)]
    const urls = endpoints.map(({ url }) => url)
    const { gateway, port } = await startUdpGateway(t, urls, oneWay, { plugins: [plugin] })
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 20; i++) client.send(`${i}`)
    await waitFor(() => seen.length === 20, 'the datagrams')
    await waitFor(() => endpoints.every(({ heard }) => heard.length === 10), 'half of them each')
    assert.deepEqual(
      endpoints[0]?.heard.map(({ text }) => text),
      Array.from({ length: 10 }, (_, i) => `${i * 2}`),
    )
    assert.equal(new Set(seen).has('ok') && new Set(seen).size === 1, true)
    assert.equal(gateway.status().streams, 0)
    assert.deepEqual(client.texts, [])
  })

  test('keeps a client’s datagrams together where the strategy hashes', async (t) => {
    const endpoints = [await UdpEndpoint.start(t), await UdpEndpoint.start(t)]
    const urls = endpoints.map(({ url }) => url)
    const { port } = await startUdpGateway(t, urls, oneWay, { balance: ringHash({ by: 'ip' }) })
    const clients = await Promise.all(Array.from({ length: 4 }, () => UdpClient.open(t, port)))
    for (const client of clients) client.send('x')
    const counts = () => endpoints.map(({ heard }) => heard.length).sort()
    await waitFor(() => counts()[1] === 4, 'the datagrams')
    assert.deepEqual(counts(), [0, 4])
  })

  test('counts refusals by ICMP as failures, and loses nothing with retry()', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await UdpEndpoint.start(t)
    const ejection = outlierEjection({ consecutive: 2, time: '1m', maxTime: '1m' })
    const { gateway, port } = await startUdpGateway(
      t,
      [await refusingUrl(), endpoint.url],
      oneWay,
      { plugins: [plugin, retry({ budget: { min: 100 } }), ejection] },
    )
    const client = await UdpClient.open(t, port)
    let sent = 0
    await waitFor(
      () => {
        client.send(`${sent++}`)
        return gateway.status().upstreams.it?.endpoints[0]?.holds !== 0
      },
      () => `the refusing endpoint is ejected, but ${seen}`,
    )
    assert(seen.filter((outcome) => outcome === 'connect-failed').length >= 2)
    const before = endpoint.heard.length
    for (let i = 0; i < 10; i++) client.send('well')
    await waitFor(() => endpoint.heard.length >= before + 10, 'all of them')
  })

  test('says nothing of its endpoint when the datagram is too large for the network', async (t) => {
    const endpoint = await UdpEndpoint.start(t)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], oneWay)
    const client = await UdpClient.open(t, port)
    client.send(Buffer.alloc(65_507))
    await waitFor(() => endpoint.heard[0]?.size === 65_507, 'the largest there is')
    assert.equal(gateway.status().streams, 0)
  })
})
