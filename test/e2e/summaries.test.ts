import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { definePlugin, type Outcome, type Summary, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { answerText, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'

interface Ended extends Summary {
  readonly method: string
  readonly outcome: Outcome
  readonly id: string
}

const HEAD = 'GET / HTTP/1.1\r\nhost: a.test\r\n'

async function watched(
  t: Teardown,
  endpoints: readonly string[],
  plugins = LANES['straight to the client'],
) {
  const ended: Ended[] = []
  const watching = definePlugin({
    name: 'watching',
    options: Type.Object({}),
    create: () => ({
      finished({ id, method, summary }, outcome) {
        ended.push({ ...summary, id, method, outcome })
      },
    }),
  })
  const { port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1', headersTimeout: '1s' },
    upstreams: { it: { endpoints, balance: roundRobin() } },
    routes: [{ path: '/', to: 'it', plugins: plugins ?? [] }],
    plugins: [watching()],
    shutdownTimeout: '500ms',
  })
  const next = async (): Promise<Ended> => {
    await waitFor(() => ended.length > 0, 'an exchange is over')
    const one = ended.shift()
    assert(one)
    return one
  }
  return { port, next }
}

for (const [lane, plugins] of Object.entries(LANES)) {
  test(`${lane}: a summary counts bodies both ways and the times in order`, async (t) => {
    const endpoint = await startEndpoint(t, () => answerText('x'.repeat(70_000)))
    const { port, next } = await watched(t, [endpoint.url], plugins)
    const length = 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n'
    await exchange(t, port, `POST /x HTTP/1.1\r\nhost: a.test\r\n${length}`)
    const one = await next()
    assert.deepEqual(
      [one.status, one.attempts, one.received, one.sent, one.version, one.isTunnel, one.outcome],
      [200, 1, 8, 70_000, '1.1', false, 'ok'],
    )
    assert.ok(one.startedAt > 0)
    assert.ok(one.firstByteAt >= one.startedAt && one.finishedAt >= one.firstByteAt)
  })
}

test('an answer to HEAD sends no body', async (t) => {
  const endpoint = await startEndpoint(t, () => 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n')
  const { port, next } = await watched(t, [endpoint.url])
  await exchange(t, port, 'HEAD / HTTP/1.1\r\nhost: a.test\r\n\r\n', { isBodiless: true })
  assert.deepEqual([(await next()).sent], [0])
  await exchange(t, port, 'HEAD /../x HTTP/1.1\r\nhost: a.test\r\n\r\n', { isBodiless: true })
  const { status, sent } = await next()
  assert.deepEqual([status, sent], [400, 0])
})

test('a client that leaves before any answer leaves a summary without one', async (t) => {
  const silent = await startRawEndpoint(t, () => undefined)
  const { port, next } = await watched(t, [silent.url])
  const client = await RawClient.connect(t, port)
  client.send(`${HEAD}\r\n`)
  await waitFor(() => silent.accepted === 1, 'the endpoint is asked')
  client.socket.destroy()
  const one = await next()
  assert.deepEqual([one.status, one.firstByteAt, one.outcome], [0, 0, 'client-abort'])
})

const REFUSED: readonly (readonly [what: string, bytes: string, status: number, method: string])[] =
  [
    ['a head that cannot be parsed', 'GET / HTTP/1.1\r\nbad header\r\n\r\n', 400, ''],
    ['a head that is too large', `${HEAD}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431, ''],
    ['a head that takes too long', HEAD, 408, ''],
    ['CONNECT', 'CONNECT a.test:443 HTTP/1.1\r\nhost: a.test\r\n\r\n', 501, 'CONNECT'],
    ['two Hosts', `${HEAD}host: b.test\r\n\r\n`, 400, 'GET'],
    ['an expectation', `${HEAD}expect: miracles\r\n\r\n`, 417, 'GET'],
    ['a version', 'GET / HTTP/2.0\r\nhost: a.test\r\n\r\n', 505, 'GET'],
  ]

for (const [what, bytes, status, method] of REFUSED) {
  test(`${what} is refused, and finished sees it`, async (t) => {
    const { port, next } = await watched(t, ['http://127.0.0.1:9'])
    const answer = await exchange(t, port, bytes)
    const one = await next()
    assert.match(String(answer?.startLine), new RegExp(` ${one.status} `))
    if (status !== 505) assert.equal(one.status, status)
    assert.equal(one.outcome, status === 408 ? 'client-abort' : 'local')
    assert.equal(one.method, status === 505 ? one.method : method)
    assert.equal(one.sent, answer?.body.length)
    assert.equal(JSON.parse(String(answer?.body)).instance, one.id)
  })
}

test('a refusal behind a good request comes after its answer, and both are seen', async (t) => {
  const endpoint = await startEndpoint(t)
  const { port, next } = await watched(t, [endpoint.url])
  const client = await RawClient.connect(t, port)
  client.send(`${HEAD}\r\nGET / HTTP/1.1\r\nbad header\r\n\r\n`)
  assert.match(String((await client.answer())?.startLine), / 200 /)
  assert.equal((await next()).status, 200)
  assert.match(String((await client.answer())?.startLine), / 400 /)
  assert.equal((await next()).status, 400)
  assert.equal(await client.rest(), '')
})

test('a tunnel counts the bytes that passed through it and not the heads', async (t) => {
  const echo = await startRawEndpoint(t, async (socket, reader) => {
    await reader.head()
    socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhi')
    await reader.bytes(8)
    socket.write('x'.repeat(1_000))
  })
  const { port, next } = await watched(t, [echo.url])
  const client = await RawClient.connect(t, port)
  // The first bytes come with the head, before anybody knows whether there will be a tunnel.
  client.send(`${HEAD}connection: upgrade\r\nupgrade: echo\r\n\r\nabc`)
  await client.head()
  const before = client.received
  client.send('defgh')
  await waitFor(() => client.received >= before + 1_000, 'the endpoint answered')
  client.socket.destroy()
  await once(client.socket, 'close')
  const one = await next()
  assert.deepEqual(
    [one.status, one.isTunnel, one.received, one.sent, one.outcome],
    [101, true, 8, 1_002, 'ok'],
  )
})
