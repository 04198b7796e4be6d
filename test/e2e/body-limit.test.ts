import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\n'
const CHUNKED = `${POST}transfer-encoding: chunked\r\n\r\n`

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: a body limit`, () => {
    const route = { plugins, bodyLimit: 10 } as const

    test('refuses a longer body by its length, before an endpoint is asked', async (t) => {
      const endpoint = await startEndpoint(t)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route })
      const answer = await exchange(t, port, `${POST}content-length: 11\r\n\r\n${'a'.repeat(11)}`)
      assert.equal(statusOf(answer), 413)
      assert.equal(headerOf(answer, 'content-type'), 'application/problem+json')
      await whenIdle(gateway)
      assert.equal(endpoint.accepted, 0)
    })

    test('sends no 100 to a client that announces a longer one', async (t) => {
      const endpoint = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [endpoint.url], { route })
      const head = `${POST}content-length: 11\r\nexpect: 100-continue\r\n\r\n`
      assert.equal(statusOf(await exchange(t, port, head)), 413)
    })

    test('lets a body of just that size through', async (t) => {
      const endpoint = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [endpoint.url], { route })
      const client = await RawClient.connect(t, port)
      client.send(`${POST}content-length: 10\r\n\r\n${'a'.repeat(10)}`)
      assert.equal(statusOf(await client.answer()), 200)
      client.send(`${CHUNKED}a\r\n${'b'.repeat(10)}\r\n0\r\n\r\n`)
      assert.equal(statusOf(await client.answer()), 200)
    })

    test('refuses a chunked body once it is longer, and lets go of the endpoint', async (t) => {
      const endpoint = await startRawEndpoint(t, (_socket, requests) => requests.head())
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route })
      const client = await RawClient.connect(t, port)
      client.send(`${CHUNKED}8\r\n${'a'.repeat(8)}\r\n`)
      await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
      client.send(`8\r\n${'a'.repeat(8)}\r\n`)
      assert.equal(statusOf(await client.answer()), 413)
      await waitFor(() => endpoint.sockets.size === 0, 'the endpoint is let go of')
      await whenIdle(gateway)
    })

    test('leaves the connection to a client that stops by itself', async (t) => {
      const endpoint = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [endpoint.url], { route })
      const client = await RawClient.connect(t, port)
      client.send(`${CHUNKED}10\r\n${'a'.repeat(16)}\r\n`)
      assert.equal(statusOf(await client.answer()), 413)
      client.send(`0\r\n\r\n${POST}content-length: 2\r\n\r\nhi`)
      assert.equal(statusOf(await client.answer()), 200)
    })
  })
}

test('a client that goes on sending for 5 s behind its 413 is cut', async (t) => {
  const { gateway, clock, close } = await createTestGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: ['http://127.0.0.1:1'], balance: roundRobin() } },
    routes: [{ to: 'it', bodyLimit: 10 }],
    shutdownTimeout: 0,
  })
  t.after(close)
  const [address] = await gateway.listen()
  const client = await RawClient.connect(t, address?.port ?? 0)
  client.send(`${POST}content-length: 1000000\r\n\r\n${'a'.repeat(100)}`)
  assert.equal(statusOf(await client.answer()), 413)
  clock.advance(4_999)
  client.send('a'.repeat(100))
  await new Promise(setImmediate)
  assert.equal(gateway.status().connections, 1)
  clock.advance(1)
  await client.closed()
  await waitFor(() => gateway.status().connections === 0, 'the connection is closed')
})
