import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { defineGateway, definePlugin, type MirrorConfig, type Outcome, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { SeededRng } from 'sluice/testing'
import { waitFor, within } from '../support/deadline.ts'
import {
  type AnsweringEndpoint,
  answerText,
  OK,
  startEndpoint,
  startRawEndpoint,
} from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { inflightOf, startGateway, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.test\r\n\r\n'

interface Mirrored {
  readonly first: AnsweringEndpoint
  readonly port: number
  readonly gateway: Awaited<ReturnType<typeof startGateway>>['gateway']
  /** How each copy ended. */
  readonly outcomes: readonly Outcome[]
}

/** A gateway whose first upstream answers and whose second is the endpoint given. */
async function mirrored(
  t: TestContext,
  shadow: string,
  options: Partial<MirrorConfig<'shadow'>> = {},
  plugins = LANES['straight to the client'] ?? [],
  answer: string | Buffer = OK,
): Promise<Mirrored> {
  const first = await startEndpoint(t, () => answer)
  const outcomes: Outcome[] = []
  const counting = definePlugin({
    name: 'counting',
    options: Type.Object({}),
    create: () => ({
      upstream: (upstream) =>
        void upstream.observe((_endpoint, _ms, outcome) => {
          outcomes.push(outcome)
        }),
    }),
  })
  const started = await startGateway(
    t,
    defineGateway({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: {
        it: { endpoints: [first.url], balance: roundRobin() },
        shadow: { endpoints: [shadow], balance: roundRobin(), plugins: [counting()] },
      },
      routes: [{ to: 'it', mirror: { to: 'shadow', ...options }, plugins }],
      shutdownTimeout: '500ms',
    }),
  )
  return { ...started, first, outcomes }
}

// A hang, a cut, nonsense, half an answer, and answers of several kinds.
const WAYS = [
  '',
  'reset',
  'nonsense\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf',
  'HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n',
  'HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n',
  OK,
]

function post(body: string): string {
  return `POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(lane, () => {
    test('the second upstream sees what the first sees', async (t) => {
      const shadow = await startEndpoint(t)
      const { port, first, gateway } = await mirrored(t, shadow.url, {}, plugins)
      const client = await RawClient.connect(t, port)
      for (const bytes of [GET, post('hello')]) {
        client.send(bytes)
        assert.equal(statusOf(await client.answer()), 200)
      }
      await waitFor(() => shadow.requests.length === 2, 'both copies came')
      await whenIdle(gateway)
      for (const [i, copy] of shadow.requests.entries()) {
        const original = first.requests[i]
        assert.deepEqual(
          [copy.startLine, String(copy.body), headerOf(copy, 'x-forwarded-for')],
          [original?.startLine, String(original?.body), '127.0.0.1'],
        )
      }
    })

    test('its answers are nobody’s', async (t) => {
      const shadow = await startEndpoint(t, () =>
        answerText('x'.repeat(300_000), 'set-cookie: a=b\r\n', '500 Broken'),
      )
      const { port, gateway, outcomes } = await mirrored(t, shadow.url, {}, plugins)
      const answer = await exchange(t, port, GET)
      assert.deepEqual([statusOf(answer), String(answer?.body)], [200, 'ok'])
      assert.equal(headerOf(answer, 'set-cookie'), undefined)
      await waitFor(() => outcomes.length === 1, 'the copy is over')
      await whenIdle(gateway)
      assert.deepEqual(outcomes, ['upstream-error'])
    })
  })
}

test('a chunked body is copied whole, with its length', async (t) => {
  const shadow = await startEndpoint(t)
  const { port } = await mirrored(t, shadow.url)
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  client.send('2\r\nde\r\n0\r\n\r\n')
  assert.equal(statusOf(await client.answer()), 200)
  await waitFor(() => shadow.requests.length === 1, 'the copy came')
  assert.equal(String(shadow.requests[0]?.body), 'abcde')
})

test('a mirror that refuses changes nothing for the first', async (t) => {
  const shadow = await startEndpoint(t)
  shadow.close()
  const { port, gateway, outcomes } = await mirrored(t, shadow.url)
  for (let i = 0; i < 5; i++) assert.equal(statusOf(await exchange(t, port, post('hello'))), 200)
  await waitFor(() => outcomes.length === 5, 'every copy is over')
  await whenIdle(gateway)
  assert.deepEqual([...new Set(outcomes)], ['connect-failed'])
})

test('a mirror that hangs is broken off in time and slows nothing', async (t) => {
  const shadow = await startRawEndpoint(t, () => undefined)
  const { port, gateway, outcomes } = await mirrored(t, shadow.url, { timeout: '300ms' })
  for (let i = 0; i < 5; i++) assert.equal(statusOf(await exchange(t, port, post('hello'))), 200)
  assert.equal(gateway.status().exchanges, 0)
  assert.ok(inflightOf(gateway) > 0)
  await waitFor(() => outcomes.length === 5, 'every copy is over')
  await whenIdle(gateway)
  assert.deepEqual([...new Set(outcomes)], ['timeout'])
  await waitFor(() => shadow.sockets.size === 0, 'no connection is left')
})

test('an answer that drips for ever is broken off in time', async (t) => {
  const shadow = await startRawEndpoint(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    const drip = setInterval(() => socket.write('1\r\nx\r\n'), 20)
    socket.on('close', () => clearInterval(drip))
  })
  const { port, gateway, outcomes } = await mirrored(t, shadow.url, { timeout: '300ms' })
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
  await waitFor(() => outcomes.length === 1, 'the copy is over')
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['timeout'])
})

test('an answer without bound is not read to its end', async (t) => {
  const shadow = await startRawEndpoint(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 40}\r\n\r\n`)
    const flood = (error?: Error | null): void => {
      if (!error) socket.write(Buffer.alloc(65_536), flood)
    }
    flood()
  })
  const { port, gateway, outcomes } = await mirrored(t, shadow.url, { timeout: '1m' })
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
  await waitFor(() => outcomes.length === 1, 'the copy is over')
  await whenIdle(gateway)
  assert.deepEqual(outcomes, ['ok'])
  await waitFor(() => shadow.sockets.size === 0, 'the connection is closed')
})

test('a mirror that reads nothing does not hold a body back', async (t) => {
  const shadow = await startRawEndpoint(t, (socket) => void socket.pause())
  const { port, first, gateway } = await mirrored(t, shadow.url, {
    maxBody: '8mb',
    timeout: '300ms',
  })
  const body = 'x'.repeat(8 * 2 ** 20)
  assert.equal(statusOf(await exchange(t, port, post(body))), 200)
  assert.equal(first.requests[0]?.body.length, body.length)
  await whenIdle(gateway)
})

test('beyond the maximum at one time nothing is copied', async (t) => {
  const shadow = await startRawEndpoint(t, () => undefined)
  const { port, outcomes } = await mirrored(t, shadow.url, { timeout: '500ms', maxConcurrent: 2 })
  for (let i = 0; i < 6; i++) assert.equal(statusOf(await exchange(t, port, GET)), 200)
  await waitFor(() => outcomes.length === 2, 'the copies are over')
  assert.equal(shadow.accepted, 2)
})

test('a body beyond the maximum is not copied, and the first gets all of it', async (t) => {
  const shadow = await startEndpoint(t)
  const { port, first, gateway } = await mirrored(t, shadow.url, { maxBody: '1kb' })
  const large = 'y'.repeat(200_000)
  assert.equal(statusOf(await exchange(t, port, post('x'.repeat(1_024)))), 200)
  assert.equal(statusOf(await exchange(t, port, post(large))), 200)
  assert.equal(statusOf(await exchange(t, port, post('z'.repeat(1_025)))), 200)
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
  await waitFor(() => shadow.requests.length === 2, 'two copies came')
  await whenIdle(gateway)
  assert.deepEqual(
    shadow.requests.map(({ body }) => body.length),
    [1_024, 0],
  )
  assert.equal(first.requests[1]?.body.length, large.length)
})

test('a request whose client leaves within the body is not copied', async (t) => {
  const shadow = await startEndpoint(t)
  const { port, gateway } = await mirrored(t, shadow.url)
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.connect(t, port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello')
    await waitFor(() => gateway.status().exchanges === 1, 'it is under way')
    client.socket.destroy()
    await whenIdle(gateway)
  }
  assert.equal(shadow.accepted, 0)
})

test('a client that leaves does not take the copy with it', async (t) => {
  const shadow = await startRawEndpoint(t, async (socket, requests) => {
    await requests.next()
    left.then(() => socket.write(OK))
  })
  let leave: () => void = () => undefined
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const { port, gateway, outcomes } = await mirrored(t, shadow.url)
  const client = await RawClient.connect(t, port)
  client.send(post('hello'))
  await client.answer()
  client.socket.destroy()
  await waitFor(() => gateway.status().exchanges === 0, 'the exchange is over')
  leave()
  await waitFor(() => outcomes.length === 1, 'the copy is over')
  assert.deepEqual(outcomes, ['ok'])
})

test('an answer that comes before the body ends the copy with the exchange', async (t) => {
  const shadow = await startEndpoint(t)
  const early = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
  })
  const { port, gateway } = await startGateway(
    t,
    defineGateway({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: {
        it: { endpoints: [early.url], balance: roundRobin() },
        shadow: { endpoints: [shadow.url], balance: roundRobin() },
      },
      routes: [{ to: 'it', mirror: { to: 'shadow' } }],
      shutdownTimeout: '500ms',
    }),
  )
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello')
  assert.equal(statusOf(await client.answer()), 413)
  client.socket.destroy()
  await whenIdle(gateway)
  assert.equal(shadow.accepted, 0)
})

test('an upgrade is not copied', async (t) => {
  const shadow = await startEndpoint(t)
  const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
  const { port } = await mirrored(t, shadow.url, {}, [], answer)
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  assert.equal(statusOf(await client.head()), 101)
  assert.equal(shadow.accepted, 0)
})

test('hundreds of requests with a mirror that fails in every way leave nothing behind', async (t) => {
  const rng = new SeededRng(20_260_306)
  const shadow = await startRawEndpoint(t, async (socket, requests) => {
    while (await requests.next().catch(() => undefined)) {
      const way = WAYS[rng.below(WAYS.length)] ?? ''
      if (way === 'reset') socket.resetAndDestroy()
      else socket.write(way)
    }
  })
  const { port, first, gateway, outcomes } = await mirrored(t, shadow.url, { timeout: '400ms' })
  const statuses: number[] = []
  const people = Array.from({ length: 20 }, async () => {
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 15; i++) {
      client.send(i % 2 === 0 ? GET : post('x'.repeat(rng.below(5_000))))
      statuses.push(statusOf(await client.answer()))
    }
    client.socket.destroy()
  })
  await Promise.all(people)
  await whenIdle(gateway)
  assert.deepEqual([...new Set(statuses)], [200])
  assert.deepEqual([statuses.length, first.requests.length], [300, 300])
  assert.ok(outcomes.length > 100, `${outcomes.length} copies`)
})

test('a gateway that closes does not wait for copies', async (t) => {
  const shadow = await startRawEndpoint(t, () => undefined)
  const { port, gateway, outcomes } = await mirrored(t, shadow.url, { timeout: '1m' })
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
  await waitFor(() => shadow.sockets.size === 1, 'the copy is under way')
  await within(gateway.close(), 'the gateway closes')
  await waitFor(() => shadow.sockets.size === 0, 'the copy is broken off')
  assert.deepEqual(outcomes, ['local'])
  assert.equal(inflightOf(gateway), 0)
})
