import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { definePlugin, type ListenerConfig, type Outcome, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { A } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import { OK, type Serve, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES, STRAIGHT } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { bytesOut, settled } from '../support/slow-bytes.ts'
import { whenIdle } from '../support/start-gateway.ts'
import { TlsClient } from '../support/tls-client.ts'

const TOTAL = 64 * 2 ** 20
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const HEAD = `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${TOTAL}\r\n\r\n`
const CHUNKED = HEAD.replace(/Content-Length: .*/, 'Transfer-Encoding: chunked')

interface Setup {
  readonly plugins?: typeof STRAIGHT
  readonly listener?: Partial<ListenerConfig>
}

/** A gateway on real sockets whose time is virtual, and how its exchanges ended. */
async function start(
  t: TestContext,
  url: string,
  { plugins = STRAIGHT, listener = {} }: Setup = {},
) {
  const outcomes: Outcome[] = []
  const note = definePlugin({
    name: 'note',
    options: Type.Object({}),
    create: () => ({ finished: (_exchange, outcome) => void outcomes.push(outcome) }),
  })
  const { gateway, clock, logged, close } = await createTestGateway({
    http: { port: 0, host: '127.0.0.1', ...listener },
    upstreams: { it: { endpoints: [url], balance: roundRobin() } },
    routes: [{ to: 'it', plugins }],
    plugins: [note()],
    shutdownTimeout: 0,
  })
  t.after(close)
  const [address] = await gateway.listen()
  assert(address)
  /** Lets so many seconds pass, and what is ready happen in between. */
  const pass = async (seconds: number, each: () => unknown = () => undefined): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await each()
      clock.advance(1_000)
    }
  }
  return { gateway, port: address.port, clock, logged, outcomes, pass }
}

/** An endpoint that reads all it gets and never answers, and how much that was. */
async function startSink(t: TestContext) {
  const sockets: Socket[] = []
  const endpoint = await startRawEndpoint(t, (socket, requests) => {
    sockets.push(socket)
    requests.discard()
  })
  return { ...endpoint, received: () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0) }
}

/** Writes an answer of 64 MiB as fast as it is taken. */
const pour: Serve = async (socket, requests) => {
  await requests.next()
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${TOTAL}\r\n\r\n`)
  socket.write(Buffer.alloc(TOTAL, 'a'))
}

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: a client that`, () => {
    for (const [framing, head] of Object.entries({ 'with a length': HEAD, chunked: CHUNKED })) {
      test(`stops sending a body ${framing} gets 408, and its endpoint is free`, async (t) => {
        const sink = await startSink(t)
        const { gateway, port, outcomes, pass } = await start(t, sink.url, { plugins })
        const client = await RawClient.connect(t, port)
        client.send(`${head}5\r\nhello\r\n`)
        await waitFor(() => sink.received() > 0, 'the endpoint is asked')
        await pass(5)
        assert.equal(gateway.status().exchanges, 1)
        await pass(1)
        const answer = await client.answer()
        assert.equal(statusOf(answer), 408)
        assert.equal(headerOf(answer, 'connection'), 'close')
        assert.equal(await client.rest(), '')
        await whenIdle(gateway)
        await waitFor(() => sink.sockets.size === 0, 'the endpoint’s connection is closed')
        await waitFor(() => gateway.status().connections === 0, 'no connection is left')
        assert.deepEqual(outcomes, ['client-abort'])
      })
    }

    test('sends a body of 100 bytes a second is given up', async (t) => {
      const sink = await startSink(t)
      const { gateway, port, pass } = await start(t, sink.url, { plugins })
      const client = await RawClient.connect(t, port)
      client.send(`${HEAD}hello`)
      await waitFor(() => sink.received() > 0, 'the endpoint is asked')
      await pass(12, () => trickle(client, sink, 100))
      assert.equal(statusOf(await client.answer()), 408)
      await whenIdle(gateway)
    })

    test('stops reading its answer is cut, and its endpoint is free', async (t) => {
      const endpoint = await startRawEndpoint(t, pour)
      const { gateway, port, outcomes, pass } = await start(t, endpoint.url, { plugins })
      const client = await RawClient.connect(t, port)
      client.send(GET)
      assert.equal(statusOf(await client.head()), 200)
      client.socket.pause()
      const [socket] = endpoint.sockets
      assert(socket)
      await settled(() => bytesOut(socket))
      await pass(5)
      assert.equal(gateway.status().exchanges, 1)
      await pass(2)
      await whenIdle(gateway)
      await waitFor(() => endpoint.sockets.size === 0, 'the endpoint’s connection is closed')
      await waitFor(() => gateway.status().connections === 0, 'no connection is left')
      assert.deepEqual(outcomes, ['client-abort'])
    })

    test('leaves while its upload is held back frees its endpoint', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.head()
        socket.pause()
      })
      const { gateway, port, pass } = await start(t, endpoint.url, { plugins })
      const client = await RawClient.connect(t, port)
      client.send(HEAD)
      for (let part = 0; part < 32; part++) client.send(Buffer.alloc(2 ** 20))
      await settled(() => bytesOut(client.socket))
      client.socket.resetAndDestroy()
      await pass(1)
      await whenIdle(gateway)
      for (const socket of endpoint.sockets) socket.resume()
      await waitFor(() => endpoint.sockets.size === 0, 'the endpoint’s connection is closed')
    })

    test('waits with its upload for a slow endpoint is served', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.head()
        requests.discard()
        socket.pause()
      })
      const { gateway, port, pass } = await start(t, endpoint.url, { plugins })
      const client = await RawClient.connect(t, port)
      client.send(HEAD)
      client.send(Buffer.alloc(TOTAL))
      await settled(() => bytesOut(client.socket))
      await pass(59)
      const [socket] = endpoint.sockets
      socket?.resume()
      await waitFor(() => (socket?.bytesRead ?? 0) > TOTAL, 'the whole upload', 20_000)
      socket?.write(OK)
      assert.equal(statusOf(await client.answer()), 200)
      await whenIdle(gateway)
    })
  })
}

describe('nobody is too slow who', { concurrency: true }, () => {
  test('sends 1 KB a second for five minutes, with stalls of 4 s', async (t) => {
    const sink = await startSink(t)
    const listener = { requestTimeout: 0 } as const
    const { gateway, port, pass } = await start(t, sink.url, { listener })
    const client = await RawClient.connect(t, port)
    client.send(`${HEAD}hello`)
    await waitFor(() => sink.received() > 0, 'the endpoint is asked')
    for (let round = 0; round < 30; round++) {
      await pass(6, () => trickle(client, sink, 1_000))
      await pass(4)
    }
    assert.equal(gateway.status().exchanges, 1)
    assert.equal(client.received, 0)
  })

  test('waits for an answer that does not come', async (t) => {
    const sink = await startSink(t)
    const { gateway, port, pass } = await start(t, sink.url)
    const client = await RawClient.connect(t, port)
    client.send(GET)
    await waitFor(() => sink.received() > 0, 'the endpoint is asked')
    await pass(60)
    assert.equal(gateway.status().exchanges, 1)
  })

  test('waits for the next event of a stream', async (t) => {
    const events = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n')
    })
    const { gateway, port, pass } = await start(t, events.url)
    const client = await RawClient.connect(t, port)
    client.send(GET)
    assert.equal(statusOf(await client.head()), 200)
    await pass(600)
    assert.equal(gateway.status().exchanges, 1)
    assert.equal(client.socket.destroyed, false)
  })

  test('has a tunnel, even one that is not read', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
      socket.write(Buffer.alloc(TOTAL))
    })
    const { gateway, port, pass } = await start(t, endpoint.url)
    const client = await RawClient.connect(t, port)
    client.send(GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'))
    await client.head()
    client.socket.pause()
    await settled(() => bytesOut([...endpoint.sockets][0]!))
    await pass(60)
    assert.equal(gateway.status().tunnels, 1)
    client.socket.destroy()
    await whenIdle(gateway)
  })

  test('is between two requests', async (t) => {
    const endpoint = await startEndpoint(t)
    const { port, pass } = await start(t, endpoint.url)
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 3; i++) {
      assert.equal(statusOf(await client.send(GET).answer()), 200)
      await pass(60)
    }
  })

  test('meets a listener with a minRate of 0', async (t) => {
    const sink = await startSink(t)
    const { gateway, port, pass } = await start(t, sink.url, {
      listener: { minRate: { bytes: 0 } },
    })
    const client = await RawClient.connect(t, port)
    client.send(`${HEAD}hello`)
    await waitFor(() => sink.received() > 0, 'the endpoint is asked')
    await pass(600)
    assert.equal(gateway.status().exchanges, 1)
  })

  test('meets a gateway that stood still itself', async (t) => {
    const sink = await startSink(t)
    const { gateway, port, pass, clock } = await start(t, sink.url)
    const client = await RawClient.connect(t, port)
    client.send(`${HEAD}hello`)
    await waitFor(() => sink.received() > 0, 'the endpoint is asked')
    await pass(1)
    standStill(clock, 60_000)
    assert.equal(gateway.status().exchanges, 1)
  })
})

describe('over TLS a client that', () => {
  test('stops sending its body gets 408, one that goes on does not', async (t) => {
    const sink = await startSink(t)
    const { gateway, port, pass } = await start(t, sink.url, { listener: { tls: A } })
    const client = await TlsClient.connect(t, port)
    client.send(`${HEAD}hello`)
    await waitFor(() => sink.received() > 0, 'the endpoint is asked')
    await pass(20, async () => {
      const before = sink.received()
      client.send('a'.repeat(1_000))
      await waitFor(() => sink.received() >= before + 1_000, 'the bytes arrive')
    })
    assert.equal(gateway.status().exchanges, 1)
    await pass(7)
    assert.equal(statusOf(await client.answer()), 408)
    await whenIdle(gateway)
  })

  test('stops reading its answer is cut', async (t) => {
    const endpoint = await startRawEndpoint(t, pour)
    const { gateway, port, outcomes, pass } = await start(t, endpoint.url, { listener: { tls: A } })
    const client = await TlsClient.connect(t, port)
    client.send(GET)
    await waitFor(() => client.socket.bytesRead > 0, 'the answer begins')
    client.socket.pause()
    const [socket] = endpoint.sockets
    assert(socket)
    await settled(() => bytesOut(socket))
    await pass(7)
    await whenIdle(gateway)
    assert.deepEqual(outcomes, ['client-abort'])
  })
})

test('a slow body behind its early answer ends with its connection', async (t) => {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.write('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
  })
  const { gateway, port, pass } = await start(t, endpoint.url)
  const client = await RawClient.connect(t, port)
  client.send(`${CHUNKED}5\r\nhello\r\n`)
  assert.equal(statusOf(await client.answer()), 401)
  await whenIdle(gateway)
  await pass(6)
  assert.equal(await client.rest(), '')
  await waitFor(() => gateway.status().connections === 0, 'no connection is left')
})

test('a reload changes the rate of connections that are there', async (t) => {
  const sink = await startSink(t)
  const { gateway, port, pass } = await start(t, sink.url, { listener: { minRate: { bytes: 0 } } })
  const client = await RawClient.connect(t, port)
  client.send(`${HEAD}hello`)
  await waitFor(() => sink.received() > 0, 'the endpoint is asked')
  await gateway.reload({
    http: { port: 0, host: '127.0.0.1', minRate: { bytes: '1kb', grace: '1s' } },
    upstreams: { it: { endpoints: [sink.url], balance: roundRobin() } },
    routes: [{ to: 'it' }],
    shutdownTimeout: 0,
  })
  await pass(2)
  assert.equal(statusOf(await client.answer()), 408)
})

async function trickle(
  client: RawClient,
  sink: { received(): number },
  bytes: number,
): Promise<void> {
  if (client.received > 0) return
  const before = sink.received()
  client.send(Buffer.alloc(bytes))
  await waitFor(() => sink.received() >= before + bytes || client.received > 0, 'the bytes arrive')
}

/** Time goes on without a timer having run in between. */
function standStill(clock: { now(): number; advance(ms: number): void }, ms: number): void {
  const now = clock.now.bind(clock)
  clock.now = () => now() + ms
  clock.advance(1_000)
  clock.now = now
}
