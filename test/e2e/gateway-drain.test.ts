import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { definePlugin, type GatewayConfig, Type } from 'sluice'
import type { Gateway } from 'sluice/gateway'
import { drain } from 'sluice/plugins'
import { A } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { type Endpoint, OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { answerOf, ask as askStream, connectHttp2 } from '../support/stream-client.ts'
import { TlsClient } from '../support/tls-client.ts'
import { startInVirtualTime } from '../support/tunnel-gateway.ts'

const SECOND = 1_000
const HTTPS = { port: 0, host: '127.0.0.1', tls: { cert: A.cert, key: A.key } }

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`
}

function start(
  t: TestContext,
  url: string,
  options: Parameters<typeof drain>[0] = {},
  config: Partial<GatewayConfig> = {},
) {
  const plugins = [drain({ readiness: { path: '/readyz' }, ...options })]
  return startInVirtualTime(t, url, { plugins, ...config })
}

/** Begins to close a gateway, and gives it the turn in which it begins to drain. */
async function stop(gateway: Gateway, options?: { isReplaced: boolean }) {
  const done = gateway.close(options)
  await new Promise((resolve) => setImmediate(resolve))
  return { done }
}

/** An endpoint that answers each request only when it is told to. */
async function startHeld(t: TestContext): Promise<Endpoint & { answerAll: () => void }> {
  const waiting: (() => void)[] = []
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    while (!socket.destroyed) {
      const request = await requests.next({ deadlineMs: 60_000 }).catch(() => undefined)
      if (request === undefined) return
      waiting.push(() => socket.write(OK))
    }
  })
  const answerAll = async (): Promise<void> => {
    await waitFor(() => waiting.length > 0, 'a request is there')
    for (const answer of waiting.splice(0)) answer()
  }
  return Object.assign(endpoint, { answerAll })
}

async function isRefused(t: TestContext, port: number): Promise<boolean> {
  return RawClient.connect(t, port).then(
    () => false,
    () => true,
  )
}

describe('in the grace of a stop', () => {
  test('readiness is 503 at once, while everything is still served on new connections', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url, { grace: '10s' })
    const closed = await stop(gateway)
    const ready = await exchange(t, port, get('/readyz'))
    assert.deepEqual([statusOf(ready), ready?.body.toString()], [503, 'draining\n'])
    assert.equal(statusOf(await exchange(t, port, get('/it'))), 200)
    clock.advance(9_999)
    assert.equal(statusOf(await exchange(t, port, get('/it'))), 200)
    clock.advance(1)
    // For those that came within the grace.
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(SECOND)
    await within(closed.done, 'the gateway is closed')
    assert.equal(await isRefused(t, port), true)
  })

  test('answers end their connections towards its end, and not at its beginning', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url, { grace: '10s' })
    const client = await RawClient.connect(t, port)
    await stop(gateway)
    const early = await client.send(get('/it')).answer()
    assert.notEqual(headerOf(early, 'connection'), 'close')
    clock.advance(9_999)
    const late = await client.send(get('/it')).answer()
    assert.deepEqual([statusOf(late), headerOf(late, 'connection')], [200, 'close'])
    assert.equal(await client.rest(), '')
  })

  test('clients of HTTP/2 are asked one after another to connect anew, and may do so here', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url, { grace: '10s' }, { http: HTTPS })
    const sessions = [await connectHttp2(t, port), await connectHttp2(t, port)]
    for (const session of sessions) await askStream(session, { ':path': '/it' })
    let farewells = 0
    for (const session of sessions) session.on('goaway', () => farewells++)
    await stop(gateway)
    clock.advance(0)
    await waitFor(() => farewells === 1, 'the first one is asked')
    const anew = await connectHttp2(t, port)
    assert.equal((await askStream(anew, { ':path': '/it' })).status, 200)
    clock.advance(5 * SECOND)
    await waitFor(() => farewells === 2, 'the second one is asked')
    assert.equal((await askStream(anew, { ':path': '/it' })).status, 200)
  })

  test('what is in flight is told in the log', async (t) => {
    const endpoint = await startHeld(t)
    const { gateway, clock, port, logged } = await start(t, endpoint.url, { grace: '10s' })
    const client = await RawClient.connect(t, port)
    client.send(get('/it'))
    await waitFor(() => gateway.status().exchanges === 1, 'it is in flight')
    const closed = await stop(gateway)
    clock.advance(10 * SECOND)
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(5 * SECOND)
    await endpoint.answerAll()
    await within(closed.done, 'the gateway is closed')
    assert.deepEqual(
      logged.map(({ level, message, fields }) => [level, message, fields]),
      [
        [
          'info',
          'not ready any more, accepting for a grace',
          { graceMs: 10_000, exchanges: 1, tunnels: 0 },
        ],
        ['info', 'draining', { exchanges: 1, tunnels: 0, leftMs: 25_000 }],
        ['info', 'drained, nothing was cut', { exchanges: 0, tunnels: 0, tookMs: 15_000 }],
      ],
    )
  })
})

describe('once nothing is accepted any more', () => {
  test('a request on a kept connection is answered within the linger, as its last', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url)
    const clients = [await RawClient.connect(t, port), await RawClient.connect(t, port)]
    for (const client of clients)
      assert.equal(statusOf(await client.send(get('/it')).answer()), 200)
    const closed = await stop(gateway)
    assert.equal(await isRefused(t, port), true)
    const last = await clients[0]?.send(get('/it')).answer()
    assert.deepEqual([statusOf(last), headerOf(last, 'connection')], [200, 'close'])
    clock.advance(SECOND)
    assert.equal(await clients[1]?.rest(), '')
    const cut = await within(closed.done, 'the gateway is closed long before keepAliveTimeout')
    assert.deepEqual(cut, { exchanges: 0, tunnels: 0 })
  })

  test('so it is over TLS', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url, {}, { http: HTTPS })
    const client = await TlsClient.connect(t, port)
    assert.equal(statusOf(await client.send(get('/it')).answer()), 200)
    const closed = await stop(gateway)
    const last = await client.send(get('/it')).answer()
    assert.deepEqual([statusOf(last), headerOf(last, 'connection')], [200, 'close'])
    clock.advance(SECOND)
    await within(closed.done, 'the gateway is closed')
  })

  test('without connections nothing lingers', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway } = await start(t, url)
    await within(gateway.close(), 'the gateway is closed without any time')
  })

  test('without drain() idle connections end at once', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, port } = await startInVirtualTime(t, url)
    const client = await RawClient.connect(t, port)
    await client.send(get('/it')).answer()
    await within(gateway.close(), 'the gateway is closed without any time')
    assert.equal(await client.rest(), '')
  })

  test('slow requests finish, over HTTP/1.1 and HTTP/2', async (t) => {
    const endpoint = await startHeld(t)
    const { gateway, port } = await start(t, endpoint.url, { linger: 0 }, { http: HTTPS })
    const session = await connectHttp2(t, port)
    const stream = session.request({ ':path': '/it', ':authority': 'a.test' })
    const answer = answerOf(stream)
    await waitFor(() => gateway.status().exchanges === 1, 'it is in flight')
    const goaway = once(session, 'goaway')
    const closed = await stop(gateway)
    await within(goaway, 'the session is asked to go')
    await endpoint.answerAll()
    assert.equal((await answer).status, 200)
    assert.deepEqual(await within(closed.done, 'closed'), { exchanges: 0, tunnels: 0 })
  })

  test('a client that never reads its answer is cut at the deadline', async (t) => {
    const MANY = 32 * 2 ** 20
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next({ deadlineMs: 60_000 })
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${MANY}\r\n\r\n`)
      socket.write(Buffer.alloc(MANY))
    })
    const { gateway, clock, port, logged } = await start(t, endpoint.url, { deadline: '10s' })
    const client = await RawClient.connect(t, port)
    client.send(get('/it'))
    await client.head()
    client.socket.pause()
    const closed = await stop(gateway)
    clock.advance(10 * SECOND)
    assert.deepEqual(await within(closed.done, 'closed'), { exchanges: 1, tunnels: 0 })
    const last = logged.at(-1)
    assert.deepEqual(
      [last?.level, last?.message, last?.fields],
      ['warn', 'cut at the deadline of the drain', { exchanges: 1, tunnels: 0, tookMs: 10_000 }],
    )
  })

  test('exchanges that wait in a plugin finish as well', async (t) => {
    const { url } = await startEndpoint(t)
    let go = (): void => undefined
    const waiting = definePlugin({
      name: 'waiting',
      options: Type.Object({}),
      create: () => ({
        request: () =>
          new Promise<void>((resolve) => {
            go = resolve
          }),
      }),
    })
    const { gateway, port } = await startInVirtualTime(t, url, {
      plugins: [waiting(), drain({ linger: 0 })],
    })
    const client = await RawClient.connect(t, port)
    client.send(get('/it'))
    await waitFor(() => gateway.status().exchanges === 1, 'it waits')
    const closed = await stop(gateway)
    go()
    const answer = await client.answer()
    assert.deepEqual([statusOf(answer), headerOf(answer, 'connection')], [200, 'close'])
    assert.deepEqual(await within(closed.done, 'closed'), { exchanges: 0, tunnels: 0 })
  })
})

describe('a gateway that another process replaces', () => {
  test('stays ready, has no grace, and answers what comes on its connections', async (t) => {
    const { url } = await startEndpoint(t)
    const { gateway, clock, port } = await start(t, url, { grace: '1h', linger: 0 })
    const clients = [await RawClient.connect(t, port), await RawClient.connect(t, port)]
    for (const client of clients)
      assert.equal(statusOf(await client.send(get('/it')).answer()), 200)
    const closed = await stop(gateway, { isReplaced: true })
    const answers = [
      await clients[0]?.send(get('/it')).answer(),
      await clients[1]?.send(get('/readyz')).answer(),
    ]
    assert.deepEqual(answers.map(statusOf), [200, 200])
    assert.deepEqual(
      answers.map((answer) => headerOf(answer, 'connection')),
      ['close', 'close'],
    )
    clock.advance(SECOND)
    await within(closed.done, 'the gateway is closed')
  })
})
