import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { definePlugin, defineStrategy, type Endpoint, Type } from 'sluice'
import { retry } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { answerText, OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { settled } from '../support/slow-bytes.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const PATIENCE_MS = 60_000

/** Keeps to the first endpoint, as hashing and sticky sessions do. */
const first = defineStrategy({
  name: 'first',
  options: Type.Object({}),
  create() {
    let ready: readonly Endpoint[] = []
    return {
      update(endpoints) {
        ready = endpoints
      },
      pick: () => ready[0],
    }
  },
})

test('an endpoint whose name has two addresses is read right though the first one refuses', async (t) => {
  // Each answer is another one: memory that nobody filled may hold one that was given before.
  let number = 0
  const endpoint = await startEndpoint(t, () => answerText(`answer ${number}`))
  const real = dns.lookup
  const two = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  Object.assign(dns, {
    lookup: (host: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) => {
      if (host !== 'two.test') Reflect.apply(real, dns, [host, options, done])
      else if (options.all) process.nextTick(done, null, two)
      else process.nextTick(done, null, '127.0.0.2', 4)
    },
  })
  t.after(() => Object.assign(dns, { lookup: real }))
  const { gateway, port } = await startGatewayTo(t, [`http://two.test:${endpoint.port}`])
  for (; number < 5; number++) {
    assert.equal((await exchange(t, port, GET))?.body.toString(), `answer ${number}`)
    await whenIdle(gateway)
  }
})

test('a GET in flight on a kept connection survives its endpoint, under a strategy that keeps to it', async (t) => {
  const sockets: Socket[] = []
  const killed = await startRawEndpoint(t, async (socket, requests) => {
    sockets.push(socket)
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    socket.write(OK)
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    killed.close()
    for (const each of sockets) each.resetAndDestroy()
  })
  const other = await startEndpoint(t, () => answerText('other'))
  const { gateway, port } = await startGatewayTo(t, [killed.url, other.url], {
    upstream: { balance: first(), plugins: [retry()] },
  })
  const client = await RawClient.connect(t, port)
  assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
  assert.equal((await client.send(GET).answer())?.body.toString(), 'other')
  await whenIdle(gateway)
})

test('a frozen endpoint is not asked again', async (t) => {
  let asked = 0
  const frozen = await startRawEndpoint(t, async (socket, requests) => {
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    if (asked++ === 0) socket.write(OK)
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    asked++
  })
  const other = await startEndpoint(t, () => answerText('other'))
  const { port } = await startGatewayTo(t, [frozen.url, other.url], {
    upstream: {
      balance: first(),
      timeouts: { response: '200ms' },
      plugins: [retry({ on: ['timeout'] })],
    },
  })
  const client = await RawClient.connect(t, port)
  assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
  assert.equal((await client.send(GET).answer())?.body.toString(), 'other')
  assert.equal(asked, 2)
})

const BODIES: readonly (readonly [name: string, line: string, body: string])[] = [
  ['in chunks', 'transfer-encoding: chunked', '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'],
  ['with its length', 'content-length: 10', 'helloworld'],
]

for (const [name, line, body] of BODIES) {
  test(`a replay is promised before a body ${name} comes, and has all of it`, async (t) => {
    const bodies: string[] = []
    let connections = 0
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      if (connections++ === 0) {
        await requests.head()
        socket.write(answerText('', '', '503 Busy'))
        return
      }
      const request = await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      bodies.push(request?.body.toString() ?? '')
      socket.write(OK)
    })
    let promised = false
    const once503 = definePlugin({
      name: 'once-more',
      options: Type.Object({}),
      create: () => ({
        again(_flow, failure) {
          promised = true
          return failure.attempt < 2 ? 50 : -1
        },
      }),
    })
    const { port } = await startGatewayTo(t, [endpoint.url], { upstream: { plugins: [once503()] } })
    const client = await RawClient.connect(t, port)
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`)
    await waitFor(() => promised, 'another attempt is promised')
    client.send(body)
    assert.equal(statusOf(await client.answer()), 200)
    assert.deepEqual(bodies, ['helloworld'])
  })
}

test('a large answer to an upgrade reaches a client that pauses', async (t) => {
  const big = Buffer.alloc(8_000_000, 'x')
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${big.length}\r\n\r\n`)
    socket.write(big)
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  const client = await RawClient.connect(t, port)
  client.socket.pause()
  client.send(GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'))
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
  await settled(() =>
    [...endpoint.sockets].reduce((sum, one) => sum + one.bytesWritten - one.writableLength, 0),
  )
  client.discard()
  client.socket.resume()
  await once(client.socket, 'end')
  assert.ok(client.received > big.length, `${client.received} bytes`)
  await whenIdle(gateway)
})

test('a 204 goes on without the length that it must not have', async (t) => {
  const endpoint = await startEndpoint(
    t,
    () => 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n',
  )
  const { port } = await startGatewayTo(t, [endpoint.url])
  const answer = await exchange(t, port, GET, { isBodiless: true })
  assert.deepEqual([statusOf(answer), headerOf(answer, 'content-length')], [204, undefined])
})
