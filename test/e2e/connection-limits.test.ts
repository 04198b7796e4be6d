import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { ListenerConfig } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { A } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { whenIdle } from '../support/start-gateway.ts'
import { ask, connectHttp2 } from '../support/stream-client.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

interface Setup {
  readonly listener?: Partial<ListenerConfig>
  readonly shed?: { heap?: number; stop?: number }
}

async function start(t: TestContext, { listener = {}, shed = {} }: Setup) {
  const endpoint = await startEndpoint(t)
  const config = ({ listener = {}, shed = {} }: Setup) => ({
    http: { port: 0, host: '127.0.0.1', ...listener },
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [{ to: 'it' }] as const,
    shutdownTimeout: 0,
    shed,
  })
  const { gateway, clock, logged, close } = await createTestGateway(config({ listener, shed }))
  t.after(close)
  const [address] = await gateway.listen()
  assert(address)
  const reload = (setup: Setup) => gateway.reload(config(setup))
  return { endpoint, gateway, port: address.port, clock, logged, reload }
}

test('a connection beyond maxConnections is closed without a word, the others go on', async (t) => {
  const { gateway, port, logged } = await start(t, { listener: { maxConnections: 2 } })
  const first = await RawClient.connect(t, port)
  const second = await RawClient.connect(t, port)
  first.send('GET / HTTP/1.1\r\nHost')
  second.send('GET / HTTP/1.1\r\nHost')
  await waitFor(() => gateway.status().connections === 2, 'both are taken')
  const third = await RawClient.connect(t, port)
  assert.equal(await third.send(GET).rest(), '')
  first.send(': a.test\r\n\r\n')
  second.send(': a.test\r\n\r\n')
  assert.equal(statusOf(await first.answer()), 200)
  assert.equal(statusOf(await second.answer()), 200)
  const warnings = logged.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['a connection was turned away: the listener is full'],
  )
})

test('idle connections of a full listener make room for those that come next', async (t) => {
  const { gateway, port } = await start(t, { listener: { maxConnections: 1 } })
  const idle = await RawClient.connect(t, port)
  assert.equal(statusOf(await idle.send(GET).answer()), 200)
  assert.equal(await (await RawClient.connect(t, port)).rest(), '')
  assert.equal(await idle.rest(), '')
  await waitFor(() => gateway.status().connections === 0, 'there is room')
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
})

test('idle HTTP/2 connections of a full listener make room too', async (t) => {
  const { gateway, port } = await start(t, { listener: { maxConnections: 1, tls: A } })
  const idle = await connectHttp2(t, port)
  assert.equal((await ask(idle, {})).status, 200)
  const tooMany = connect({ port, host: '127.0.0.1' })
  t.after(() => tooMany.destroy())
  await within(once(tooMany.on('error', () => undefined).resume(), 'close'), 'it is turned away')
  await waitFor(() => gateway.status().connections === 0, 'there is room')
  assert.equal((await ask(await connectHttp2(t, port), {})).status, 200)
})

test('a flood of connections is told once at its begin and once in 10 s', async (t) => {
  const { port, clock, logged } = await start(t, { listener: { maxConnections: 1 } })
  const busy = await RawClient.connect(t, port)
  busy.send('GET / HTTP/1.1\r\nHost')
  for (let i = 0; i < 20; i++) assert.equal(await (await RawClient.connect(t, port)).rest(), '')
  assert.equal(logged.length, 1)
  clock.advance(10_000)
  assert.equal(logged.length, 2)
  assert.deepEqual(logged[1]?.fields, { listener: '127.0.0.1:0', connections: 20 })
})

test('a reload changes maxConnections', async (t) => {
  const { gateway, port, reload } = await start(t, { listener: { maxConnections: 1 } })
  const busy = await RawClient.connect(t, port)
  busy.send('GET / HTTP/1.1\r\nHost')
  await waitFor(() => gateway.status().connections === 1, 'it is taken')
  await reload({ listener: { maxConnections: 0 } })
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
})

test('beyond shed.heap a request gets 503, Retry-After and the end of its connection', async (t) => {
  const { endpoint, gateway, port, logged, reload } = await start(t, {
    shed: { heap: 0.0001, stop: 1 },
  })
  const client = await RawClient.connect(t, port)
  const answer = await client.send(GET).answer()
  assert.equal(statusOf(answer), 503)
  assert.equal(headerOf(answer, 'retry-after'), '1')
  assert.equal(headerOf(answer, 'connection'), 'close')
  assert.equal(headerOf(answer, 'content-type'), 'application/problem+json')
  assert.equal(await client.rest(), '')
  assert.equal(endpoint.accepted, 0)
  await whenIdle(gateway)
  assert.deepEqual(
    logged.map(({ level, message }) => [level, message]),
    [['error', 'the heap is nearly full: requests are refused']],
  )
  await reload({})
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
})

test('an upload that is shed is not read', async (t) => {
  const { gateway, port } = await start(t, { shed: { heap: 0.0001, stop: 1 } })
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nhello')
  assert.equal(statusOf(await client.answer()), 503)
  assert.equal(await client.rest(), '')
  await waitFor(() => gateway.status().connections === 0, 'no connection is left')
})

test('beyond shed.stop connections are closed, idle ones too, until there is room', async (t) => {
  const { gateway, port, reload } = await start(t, {})
  const idle = await RawClient.connect(t, port)
  assert.equal(statusOf(await idle.send(GET).answer()), 200)
  await reload({ shed: { heap: 0.0001, stop: 0.0002 } })
  assert.equal(await idle.rest(), '')
  assert.equal(await (await RawClient.connect(t, port)).send(GET).rest(), '')
  await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  await reload({})
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
})
