import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { defineGateway, definePlugin, type Outcome, Type, type UpstreamTimeouts } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { waitFor } from '../support/deadline.ts'
import { type Serve, startRawEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { bytesOut, pour, settled } from '../support/slow-bytes.ts'
import { inflightOf, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'

/** A gateway on real sockets and a clock that the test moves. */
async function start(t: TestContext, timeouts: UpstreamTimeouts, serve: Serve, scheme = 'http') {
  const outcomes: Outcome[] = []
  const endpoint = await startRawEndpoint(t, serve)
  const config = defineGateway({
    // Slow clients are another matter.
    http: { port: 0, host: '127.0.0.1', minRate: { bytes: 0 } },
    upstreams: {
      it: {
        endpoints: [endpoint.url.replace('http', scheme)],
        balance: roundRobin(),
        timeouts,
        plugins: [watching(outcomes)],
      },
    },
    routes: [{ to: 'it' }],
    shutdownTimeout: 0,
  })
  const { gateway, clock } = await createTestGateway(config)
  t.after(async () => {
    const closing = gateway.close()
    await turn()
    clock.advance(60_000)
    await closing
  })
  const [address] = await gateway.listen()
  const client = await RawClient.connect(t, address?.port ?? 0)
  return { gateway, clock, client, endpoint, outcomes }
}

/** Keeps how each attempt ended, as what judges endpoints is told. */
function watching(outcomes: Outcome[]) {
  return definePlugin({
    name: 'watching',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstream.observe((_endpoint, _latencyMs, outcome) => outcomes.push(outcome))
      },
    }),
  })()
}

test('a connection that never becomes one is given up: 504', async (t) => {
  // Accepts the connection and says nothing to a TLS handshake.
  const { gateway, clock, client, endpoint } = await start(
    t,
    { connect: '3s' },
    () => undefined,
    'https',
  )
  client.send(GET)
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is dialled')
  clock.advance(2_999)
  await turn()
  assert.equal(inflightOf(gateway), 1)
  clock.advance(1)
  assert.equal(statusOf(await client.answer()), 504)
  await whenIdle(gateway)
  await waitFor(() => endpoint.sockets.size === 0, 'the endpoint is let go of')
})

test('an endpoint that says nothing is given up: 504', async (t) => {
  const { gateway, clock, client, endpoint } = await start(t, { response: '3s' }, () => undefined)
  client.send(GET)
  await waitFor(() => [...endpoint.sockets].some(({ bytesRead }) => bytesRead > 0), 'it is asked')
  await turn()
  clock.advance(3_000)
  const answer = await client.answer()
  assert.equal(statusOf(answer), 504)
  assert.equal(headerOf(answer, 'content-type'), 'application/problem+json')
  await whenIdle(gateway)
})

test('an answer that stops is cut, and one that moves lives on', async (t) => {
  const sockets: Socket[] = []
  const { gateway, clock, client } = await start(
    t,
    { response: '3s', idle: '3s' },
    async (socket, requests) => {
      sockets.push(socket)
      await requests.head()
      socket.write(STREAM)
    },
  )
  client.send(GET)
  assert.equal(statusOf(await client.head()), 200)
  for (let i = 0; i < 10; i++) {
    const before = client.received
    sockets[0]?.write('data: tick\n\n')
    await waitFor(() => client.received > before, 'an event')
    clock.advance(2_999)
    await turn()
  }
  assert.equal(gateway.status().exchanges, 1)
  clock.advance(1)
  await client.rest()
  await whenIdle(gateway)
})

test('a client that reads slowly does not use up its endpoint’s time', async (t) => {
  const piece = Buffer.alloc(65_536)
  const { gateway, clock, client, endpoint } = await start(
    t,
    { idle: '3s' },
    async (socket, requests) => {
      await requests.head()
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${piece.length * 400}\r\n\r\n`)
      for (let i = 0; i < 400; i++) if (!socket.write(piece)) await once(socket, 'drain')
    },
  )
  client.socket.pause()
  client.send(GET)
  await waitFor(() => gateway.status().exchanges === 1, 'the request is there')
  await settled(() => [...endpoint.sockets].reduce((sum, socket) => sum + bytesOut(socket), 0))
  for (let i = 0; i < 5; i++) {
    clock.advance(3_000)
    await turn()
  }
  assert.equal(gateway.status().exchanges, 1)
  client.discard()
  client.socket.resume()
  await whenIdle(gateway)
})

test('a client that sends slowly does not use up its endpoint’s time', async (t) => {
  const { clock, client, endpoint } = await start(
    t,
    { response: '3s', idle: '3s' },
    async (socket, requests) => {
      await requests.next({ deadlineMs: 60_000 }).catch(() => undefined)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    },
  )
  client.send('POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 4\r\n\r\n12')
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
  for (let i = 0; i < 5; i++) {
    await turn()
    clock.advance(3_000)
  }
  client.send('34')
  assert.equal(statusOf(await client.answer()), 200)
})

test('a whole exchange that has its time is cut within its answer', async (t) => {
  const sockets: Socket[] = []
  const { gateway, clock, client } = await start(t, { request: '3s' }, async (socket, requests) => {
    sockets.push(socket)
    await requests.head()
    socket.write(STREAM)
  })
  client.send(GET)
  assert.equal(statusOf(await client.head()), 200)
  clock.advance(3_000)
  await client.rest()
  await whenIdle(gateway)
})

test('half an upload blames its client for the time that it took', async (t) => {
  const { gateway, clock, client, endpoint, outcomes } = await start(
    t,
    { request: '3s' },
    () => undefined,
  )
  client.send('POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 4\r\n\r\n12')
  await waitFor(() => [...endpoint.sockets].some(({ bytesRead }) => bytesRead > 0), 'it is asked')
  clock.advance(3_000)
  assert.equal(statusOf(await client.answer()), 504)
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['client-abort'])
})

test('an answer that is not read blames its client for the time that it took', async (t) => {
  const length = 30 * 2 ** 20
  const { gateway, clock, client, endpoint, outcomes } = await start(
    t,
    { request: '3s' },
    async (socket, requests) => {
      await requests.head()
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`)
      pour(socket, length)
    },
  )
  client.socket.pause()
  client.send(GET)
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
  await settled(() => [...endpoint.sockets].reduce((sum, socket) => sum + bytesOut(socket), 0))
  clock.advance(3_000)
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['client-abort'])
})

test('an endpoint that is late is blamed for the time that it took', async (t) => {
  const { gateway, clock, client, endpoint, outcomes } = await start(
    t,
    { request: '3s' },
    () => undefined,
  )
  client.send('POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 4\r\n\r\n1234')
  await waitFor(() => [...endpoint.sockets].some(({ bytesRead }) => bytesRead > 0), 'it is asked')
  await turn()
  clock.advance(3_000)
  assert.equal(statusOf(await client.answer()), 504)
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['timeout'])
})

test('an endpoint that does not take an upload is blamed for the time that it took', async (t) => {
  const length = 30 * 2 ** 20
  const { gateway, clock, client, outcomes } = await start(t, { request: '3s' }, (socket) =>
    socket.pause(),
  )
  client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\ncontent-length: ${length}\r\n\r\n`)
  pour(client.socket, length)
  await settled(() => bytesOut(client.socket))
  clock.advance(3_000)
  assert.equal(statusOf(await client.answer()), 504)
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['timeout'])
})

test('an upload that moves keeps an answer alive that began before it was whole', async (t) => {
  const sockets: Socket[] = []
  const { gateway, clock, client } = await start(
    t,
    { response: '3s', idle: '3s' },
    async (socket, requests) => {
      sockets.push(socket)
      await requests.head()
      socket.write(STREAM)
    },
  )
  client.send('PUT / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 100\r\n\r\n')
  assert.equal(statusOf(await client.head()), 200)
  for (let i = 0; i < 5; i++) {
    const before = sockets[0]?.bytesRead ?? 0
    client.send('0123456789')
    await waitFor(() => (sockets[0]?.bytesRead ?? 0) > before, 'a piece of the upload')
    clock.advance(2_999)
    await turn()
  }
  assert.equal(gateway.status().exchanges, 1)
  clock.advance(1)
  await client.rest()
  await whenIdle(gateway)
})
