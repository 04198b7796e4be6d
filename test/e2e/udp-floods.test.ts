import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { inflightOf } from '../support/start-gateway.ts'
import { startUdpGateway, UdpClient, UdpEndpoint } from '../support/udp.ts'

/** Small numbers from a seed: garbage that a failing run can be repeated with. */
function garbage(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
}

describe('under a flood', () => {
  test('from many ports the table of conversations has its bound', async (t) => {
    const endpoint = await UdpEndpoint.start(t, () => undefined)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], {
      flow: 'conversation',
      maxFlows: 100,
    })
    const before = await UdpClient.open(t, port)
    before.send('mine')
    await waitFor(() => gateway.status().streams === 1, 'the first one')
    for (let round = 0; round < 10; round++) {
      const sockets = Array.from({ length: 50 }, () => createSocket('udp4').bind(0, '127.0.0.1'))
      await Promise.all(sockets.map((socket) => once(socket, 'listening')))
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise((sent) => {
              socket.send('x', port, '127.0.0.1', sent)
            }),
        ),
      )
      for (const socket of sockets) socket.close()
    }
    await waitFor(() => gateway.status().streams === 100, 'a full table')
    before.send('mine still')
    await waitFor(() => endpoint.heard.at(-1)?.text === 'mine still', 'the first one goes on')
    assert.equal(gateway.status().streams, 100)
    assert.equal(inflightOf(gateway), 100)
  })

  test('of garbage of any size it passes on what it is given, byte for byte', async (t) => {
    const seed = Math.floor(performance.now() * 1_000) >>> 0
    t.diagnostic(`seed ${seed}`)
    const next = garbage(seed)
    const endpoint = await UdpEndpoint.start(t)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url])
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 60; i++) {
      const size = i % 3 === 0 ? next() % 65_508 : next() % 600
      const datagram = Buffer.from(Array.from({ length: size }, () => next() & 255))
      assert.equal((await client.ask(datagram)) === datagram.toString('latin1'), true)
    }
    assert.equal(gateway.status().streams, 0)
  })

  test('to an endpoint that is silent, nothing is left after the timeout', async (t) => {
    const endpoint = await UdpEndpoint.start(t, () => undefined)
    const { gateway, port } = await startUdpGateway(t, [endpoint.url], {
      maxFlows: 200,
      timeout: '50ms',
    })
    const client = await UdpClient.open(t, port)
    for (let i = 0; i < 1_000; i++) client.send('anybody?')
    await waitFor(() => endpoint.heard.length > 0, 'the first one')
    await waitFor(() => gateway.status().streams === 0, 'the timeout')
    assert.equal(inflightOf(gateway), 0)
    assert(endpoint.heard.length <= 1_000)
  })
})
