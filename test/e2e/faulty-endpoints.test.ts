import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { answerText, OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { type Differences, startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const PATIENCE_MS = 60_000

/** What an endpoint does in place of its first answer. */
type Fault = (socket: Socket) => unknown

/** Starts an endpoint that has one fault and is fine from then on, and a gateway to it. */
async function startFaulty(t: TestContext, fault: Fault, differences?: Differences) {
  const endpoint = await startRawEndpoint(t, async (socket, requests, number) => {
    let served = number
    while ((await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)) !== undefined)
      if (served++ === 0) fault(socket)
      else socket.write(OK)
    socket.end()
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
  const isFineAgain = async (): Promise<void> => {
    await whenIdle(gateway)
    assert.equal((await exchange(t, port, GET))?.body.toString(), 'ok')
    await whenIdle(gateway)
  }
  return { endpoint, gateway, port, isFineAgain }
}

/** Ends the connection behind these bytes. */
function ends(bytes: string): Fault {
  return (socket) => socket.end(bytes)
}

/** Resets the connection behind these bytes. */
function resets(bytes: string): Fault {
  return (socket) => {
    if (bytes === '') socket.resetAndDestroy()
    else socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()))
  }
}

/** Writes these bytes and leaves the connection open. */
function stays(bytes: string): Fault {
  return (socket) => socket.write(bytes)
}

const HEAD = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`

const NO_ANSWER: readonly (readonly [string, Fault])[] = [
  ['ends the connection', ends('')],
  ['resets the connection', resets('')],
  ['destroys the connection', (socket) => socket.destroy()],
  ['ends the connection within the head', ends('HTTP/1.1 200 OK\r\nx-a: b')],
  ['resets the connection within the head', resets('HTTP/1.1 200 OK\r\nx-a: b')],
  ['ends the connection behind 103', ends('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ['answers nonsense', stays('nonsense\r\n\r\n')],
  ['answers a TLS alert', stays('\x15\x03\x01\x00\x02\x02\x46')],
  ['answers a request', stays(GET)],
  ['answers an odd version', stays('HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n')],
  ['answers no status', stays('HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n')],
  ['answers a short status', stays('HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n')],
  ['answers a header without a colon', stays(`${HEAD}x-a\r\ncontent-length: 0\r\n\r\n`)],
  ['answers a NUL in a header', stays(`${HEAD}x-a: \0\r\ncontent-length: 0\r\n\r\n`)],
  ['answers a negative length', stays(`${HEAD}content-length: -1\r\n\r\n`)],
  ['answers two lengths', stays(`${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nok`)],
  ['answers a head without end', stays(`${HEAD}x-a: ${'a'.repeat(100_000)}`)],
  ['answers headers without end', stays(HEAD + 'x-a: b\r\n'.repeat(20_000))],
]

const HALF_AN_ANSWER: readonly (readonly [string, Fault])[] = [
  ['ends within a body with its length', ends(`${HEAD}content-length: 9\r\n\r\nhalf`)],
  ['resets within a body with its length', resets(`${HEAD}content-length: 9\r\n\r\nhalf`)],
  ['ends before a body with its length', ends(`${HEAD}content-length: 9\r\n\r\n`)],
  ['ends between chunks', ends(`${CHUNKED}4\r\nhalf\r\n`)],
  ['ends within a chunk', ends(`${CHUNKED}9\r\nhalf`)],
  ['ends before the last empty line', ends(`${CHUNKED}4\r\nhalf\r\n0\r\n`)],
  ['resets between chunks', resets(`${CHUNKED}4\r\nhalf\r\n`)],
  ['breaks a chunk', stays(`${CHUNKED}4\r\nhalf\r\nxyz\r\n`)],
]

for (const [lane, plugins] of Object.entries(LANES)) {
  const route = { plugins }

  describe(`${lane}: 502 when an endpoint`, () => {
    for (const [name, fault] of NO_ANSWER) {
      test(name, async (t) => {
        const { port, isFineAgain } = await startFaulty(t, fault, { route })
        const client = await RawClient.connect(t, port)
        const answer = await client.send(GET).answer()
        assert.equal(statusOf(answer), 502)
        assert.match(headerOf(answer, 'content-type') ?? '', /^application\/problem\+json/)
        assert.doesNotMatch(answer?.body.toString() ?? '', /127\.0\.0\.1|ECONN|UND_ERR/)
        await isFineAgain()
      })
    }
  })

  describe(`${lane}: a client sees its connection cut when an endpoint`, {
    concurrency: true,
  }, () => {
    for (const [name, fault] of HALF_AN_ANSWER) {
      test(name, async (t) => {
        const { port, isFineAgain } = await startFaulty(t, fault, { route })
        const client = await RawClient.connect(t, port)
        const answer = await client.send(GET).answer()
        assert(statusOf(answer) !== 200 || answer?.isWhole === false)
        client.socket.end()
        await client.rest()
        await isFineAgain()
      })
    }

    test('stalls within a body', async (t) => {
      const stall = stays(`${HEAD}content-length: 9\r\n\r\nhalf`)
      const upstream = { timeouts: { idle: '200ms' } } as const
      const { port, endpoint, isFineAgain } = await startFaulty(t, stall, { route, upstream })
      const client = await RawClient.connect(t, port)
      assert.equal((await client.send(GET).answer())?.isWhole, false)
      await isFineAgain()
      assert.equal(endpoint.accepted, 2)
    })

    test('ends within a body for a client of HTTP/1.0, which has no other sign', async (t) => {
      const { port, isFineAgain } = await startFaulty(t, ends(`${CHUNKED}4\r\nhalf\r\n`), { route })
      const client = await RawClient.connect(t, port)
      let isReset = false
      client.socket.on('error', () => {
        isReset = true
      })
      client.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n')
      await client.rest()
      assert(isReset)
      await isFineAgain()
    })
  })

  test(`${lane}: 504 when an endpoint takes too long to answer`, async (t) => {
    const upstream = { timeouts: { response: '200ms' } } as const
    const { port, endpoint, isFineAgain } = await startFaulty(t, stays(''), { route, upstream })
    assert.equal(statusOf(await exchange(t, port, GET)), 504)
    await isFineAgain()
    assert.equal(endpoint.accepted, 2)
  })

  describe(`${lane}: what an endpoint sends beyond its answer reaches nobody`, () => {
    const more = answerText('stolen')
    const faults: readonly (readonly [string, string, string])[] = [
      ['a body longer than its length', 'GET', `${OK}ay`],
      ['a second answer', 'GET', OK + more],
      ['a body behind 204', 'GET', `HTTP/1.1 204 No Content\r\n\r\n${more}`],
      ['a body behind HEAD', 'HEAD', `${HEAD}content-length: ${more.length}\r\n\r\n${more}`],
    ]
    for (const [name, method, bytes] of faults) {
      test(name, async (t) => {
        const { port, isFineAgain } = await startFaulty(t, stays(bytes), { route })
        const client = await RawClient.connect(t, port)
        const request = GET.replace('GET', method)
        const answer = await client.send(request).answer({ isBodiless: method === 'HEAD' })
        assert(statusOf(answer) < 300)
        assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
        await isFineAgain()
      })
    }
  })
}

test('a body up to the end of the connection that is reset is cut', async (t) => {
  const { port } = await startFaulty(t, resets(`${HEAD}\r\nhalf`))
  assert.notEqual((await exchange(t, port, GET))?.isWhole, true)
})

test('502 when an endpoint refuses, and the others go on', async (t) => {
  const good = await startEndpoint(t)
  const gone = await startEndpoint(t)
  gone.close()
  const { gateway, port } = await startGatewayTo(t, [good.url, gone.url])
  const client = await RawClient.connect(t, port)
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push(statusOf(await client.send(GET).answer()))
  assert.deepEqual(statuses.sort(), [200, 200, 200, 502, 502, 502])
  await whenIdle(gateway)
})

test('503 with Retry-After when every endpoint is held', async (t) => {
  const holdAll = definePlugin({
    name: 'hold-all',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        for (const endpoint of upstream.endpoints) upstream.hold(endpoint, 'held')
      },
    }),
  })
  const endpoint = await startEndpoint(t)
  const upstream = { plugins: [holdAll()] }
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { upstream })
  const answer = await exchange(t, port, GET)
  assert.equal(statusOf(answer), 503)
  assert.equal(headerOf(answer, 'retry-after'), '1')
  assert.equal(endpoint.accepted, 0)
  await whenIdle(gateway)
})

/** How the upstream trusts an endpoint whose certificate signed itself, and what its client gets. */
const TLS: readonly (readonly [string, Differences['upstream'], number])[] = [
  ['the system’s roots', {}, 502],
  ['its certificate', { tls: { ca: SELF_SIGNED.cert } }, 200],
  [
    'its certificate for another name',
    { tls: { ca: SELF_SIGNED.cert, servername: 'b.test' } },
    502,
  ],
  ['its certificate for its name', { tls: { ca: SELF_SIGNED.cert, servername: 'a.test' } }, 200],
  ['anything', { tls: { insecure: true } }, 200],
]

describe('an endpoint on TLS is reached only where its certificate is trusted', () => {
  for (const [name, upstream = {}, status] of TLS) {
    test(name, async (t) => {
      const endpoint = await startEndpoint(t, undefined, SELF_SIGNED)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { upstream })
      for (let i = 0; i < 2; i++) assert.equal(statusOf(await exchange(t, port, GET)), status)
      assert.equal(endpoint.requests.length, status === 200 ? 2 : 0)
      await whenIdle(gateway)
    })
  }
})
