import assert from 'node:assert/strict'
import { request as ask } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { CoalesceConfig, ListenerConfig, RouteConfig } from 'sluice'
import { circuitBreaker, requestHeaders, responseHeaders, roundRobin } from 'sluice/plugins'
import { A } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import {
  answerText,
  type Endpoint,
  startEndpoint,
  startRawEndpoint,
} from '../support/endpoint-server.ts'
import type { Message } from '../support/message-reader.ts'
import { startGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { answerOf, ask as askStream, connectHttp2 } from '../support/stream-client.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** An endpoint that answers when it is told to. */
interface Origin extends Endpoint {
  /** What waits for an answer; each call gives one. */
  readonly asked: ((bytes: string) => void)[]
}

async function startOrigin(t: TestContext): Promise<Origin> {
  const asked: Origin['asked'] = []
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    for (;;) {
      const request: Message | undefined = await requests
        .next({ deadlineMs: 60_000 })
        .catch(() => undefined)
      if (request === undefined) return
      const bytes = await new Promise<string>((resolve) => asked.push(resolve))
      socket.write(bytes)
    }
  })
  return Object.assign(endpoint, { asked })
}

interface Client {
  readonly answer: Promise<Answer>
  leave(): void
}

function get(port: number, path = '/', headers: Record<string, string> = {}): Client {
  const request = ask({ port, host: '127.0.0.1', path, headers, agent: false })
  const answer = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('latin1').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
  })
  answer.catch(() => undefined)
  request.end()
  return { answer, leave: () => request.destroy() }
}

function reply(body: string, headers = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`
}

async function start(
  t: TestContext,
  coalesce: CoalesceConfig = {},
  more: Partial<RouteConfig> = {},
  listener: Partial<ListenerConfig> = {},
) {
  const origin = await startOrigin(t)
  const { gateway, port } = await startGatewayTo(t, [origin.url], {
    listener,
    route: { coalesce, ...more } as Partial<RouteConfig<'it'>>,
  })
  /** Waits until so many exchanges are in the gateway. */
  const inside = (count: number) =>
    waitFor(() => gateway.status().exchanges === count, `${count} exchanges`)
  const askedTimes = (count: number) =>
    waitFor(
      () => origin.asked.length === count,
      () => `asked ${origin.asked.length} times, not ${count}`,
    )
  return { origin, gateway, port, inside, askedTimes }
}

test('a thousand who ask for the same at one time make one request', async (t) => {
  const { origin, gateway, port, inside } = await start(t)
  const clients = Array.from({ length: 1_000 }, () => get(port, '/catalogue?page=1'))
  await inside(1_000)
  assert.equal(origin.asked.length, 1)
  const body = 'x'.repeat(50_000)
  origin.asked[0]?.(reply(body, 'etag: "1"\r\n'))
  for (const { answer } of clients) {
    const { status, headers, body: got } = await answer
    assert.ok(status === 200 && headers.etag === '"1"' && got === body)
  }
  await whenIdle(gateway)
  assert.equal(origin.asked.length, 1)
  get(port, '/catalogue?page=1')
  await waitFor(() => origin.asked.length === 2, 'nothing is kept for later')
})

test('each has an answer, an id and a head of its own', async (t) => {
  const { origin, port, inside } = await start(
    t,
    {},
    { plugins: [responseHeaders({ set: { 'x-id': '{request.id}' } })] },
  )
  const clients = [get(port), get(port), get(port)]
  await inside(3)
  origin.asked[0]?.('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
  const answers = await Promise.all(clients.map(({ answer }) => answer))
  assert.deepEqual(
    answers.map(({ body }) => body),
    ['hello', 'hello', 'hello'],
  )
  assert.equal(new Set(answers.map(({ headers }) => headers['x-id'])).size, 3)
})

const VICTIM = 'secret of the victim'

/** What a victim sends, what an attacker does who wants the victim's answer. */
const ATTACKS: readonly [
  name: string,
  victim: Record<string, string>,
  attacker: Record<string, string>,
][] = [
  ['no credentials', { authorization: 'Bearer v' }, {}],
  ['other credentials', { authorization: 'Bearer v' }, { authorization: 'Bearer a' }],
  ['the same, which nobody says are shared', { authorization: 'v' }, { authorization: 'v' }],
  ['no cookie', { cookie: 'sid=v' }, {}],
  ['another cookie', { cookie: 'sid=v' }, { cookie: 'sid=a' }],
  ['no key in a header of the application’s own', { 'x-api-key': 'v' }, {}],
  ['another one', { 'x-api-key': 'v' }, { 'x-api-key': 'a' }],
  ['one in two lines’ disguise', { 'x-a': '1', 'x-b': '2' }, { 'x-a': '1","x-b":"2' }],
  ['another host', { host: 'a.test' }, { host: 'b.test' }],
  ['another origin', { origin: 'https://a.test' }, { origin: 'https://b.test' }],
  ['another language', { 'accept-language': 'de' }, { 'accept-language': 'fr' }],
  ['another coding', { 'accept-encoding': 'gzip' }, { 'accept-encoding': 'br' }],
  ['a part', {}, { range: 'bytes=0-1' }],
  ['a condition', {}, { 'if-none-match': '"1"' }],
  ['a fresh answer', {}, { 'cache-control': 'no-cache' }],
]
for (const [name, victim, attacker] of ATTACKS) {
  for (const [first, second] of [
    [victim, attacker],
    [attacker, victim],
  ] as const) {
    const order = first === victim ? 'after' : 'before'
    test(`an answer is not shared with one who asks ${order} it with ${name}`, async (t) => {
      const { origin, port, askedTimes } = await start(t)
      const clients = [get(port, '/', first), get(port, '/', second)]
      await askedTimes(2)
      for (const answer of origin.asked) answer(reply(VICTIM))
      for (const { answer } of clients) assert.equal((await answer).status, 200)
    })
  }
}

test('another target is another request, however like it looks', async (t) => {
  const { port, askedTimes } = await start(t)
  for (const path of ['/a', '/a?', '/a?b=1', '/A', '/%61', '/a/']) get(port, path)
  await askedTimes(6)
})

test('who says so shares what credentials get, with those who have the same', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t, {
    key: { headers: ['Authorization'] },
  })
  const one = [1, 2, 3].map(() => get(port, '/', { authorization: 'one' }))
  const two = [1, 2, 3].map(() => get(port, '/', { authorization: 'two' }))
  await inside(6)
  await askedTimes(2)
  for (const answer of origin.asked) answer(reply('x'))
  for (const { answer } of [...one, ...two]) assert.equal((await answer).body, 'x')
})

test('what a plugin on the way says of the client makes a difference', async (t) => {
  const { port, askedTimes } = await start(
    t,
    {},
    { plugins: [requestHeaders({ set: { 'x-user': '{header.user-agent}' } })] },
  )
  get(port, '/', { 'user-agent': 'a' })
  get(port, '/', { 'user-agent': 'b' })
  await askedTimes(2)
})

const PRIVATE = [
  'set-cookie: sid=1\r\n',
  'cache-control: private\r\n',
  'Cache-Control: max-age=5, No-Store\r\n',
  'cache-control: no-cache\r\n',
  'vary: *\r\n',
  'content-type: text/event-stream\r\n',
]
for (const header of PRIVATE) {
  test(`an answer with ${header.trim()} is for one alone, and the others ask ten at a time`, async (t) => {
    const { origin, port, inside, askedTimes } = await start(t)
    const clients = Array.from({ length: 25 }, () => get(port))
    await inside(25)
    origin.asked[0]?.(reply('0', header))
    await askedTimes(11)
    for (let at = 1; at < 25; at++) {
      await waitFor(() => origin.asked.length > at, `request ${at}`)
      assert.ok(origin.asked.length <= at + 10, 'no more than ten at a time')
      origin.asked[at]?.(reply(String(at), header))
      await waitFor(() => origin.asked.length >= Math.min(25, at + 11), 'the next one asks')
    }
    const bodies = await Promise.all(clients.map(async ({ answer }) => (await answer).body))
    assert.equal(new Set(bodies).size, 25)
    // Nobody waits for the next: that would be one after the other.
    const next = [get(port), get(port), get(port)]
    await askedTimes(28)
    for (const { leave } of next) leave()
  })
}

test('an answer that varies is shared with those whose headers are equal', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t)
  const phone = [1, 2, 3].map(() => get(port, '/', { 'user-agent': 'phone' }))
  await inside(3)
  const desk = [1, 2, 3].map(() => get(port, '/', { 'user-agent': 'desk' }))
  await inside(6)
  await askedTimes(1)
  origin.asked[0]?.(reply('small', 'vary: User-Agent\r\n'))
  for (const { answer } of phone) assert.equal((await answer).body, 'small')
  await askedTimes(2)
  origin.asked[1]?.(reply('large', 'vary: User-Agent\r\n'))
  for (const { answer } of desk) assert.equal((await answer).body, 'large')
  assert.equal(origin.asked.length, 2)
})

test('a leader that leaves fails nobody: the next one asks', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t)
  const leader = get(port)
  await askedTimes(1)
  const others = [get(port), get(port), get(port)]
  await inside(4)
  leader.leave()
  await askedTimes(2)
  origin.asked[1]?.(reply('all the same'))
  for (const { answer } of others) assert.equal((await answer).body, 'all the same')
  assert.equal(origin.asked.length, 2)
})

test('one that leaves within the answer leaves the others a whole one', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t)
  const leader = get(port)
  await askedTimes(1)
  const other = get(port)
  await inside(2)
  origin.asked[0]?.('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
  leader.leave()
  await askedTimes(2)
  origin.asked[1]?.(reply('0123456789'))
  assert.equal((await other.answer).body, '0123456789')
})

test('after two failures those who wait are answered, and the endpoint is left alone', async (t) => {
  const { origin, gateway, port, inside, askedTimes } = await start(t)
  const clients = Array.from({ length: 20 }, () => get(port))
  await inside(20)
  origin.asked[0]?.(reply('broken', '', '500 Internal Server Error'))
  await askedTimes(2)
  origin.asked[1]?.(reply('broken', '', '502 Bad Gateway'))
  const statuses = await Promise.all(clients.map(async ({ answer }) => (await answer).status))
  const count = (status: number) => statuses.filter((one) => one === status).length
  assert.deepEqual([count(500), count(502), count(503)], [1, 1, 18])
  await whenIdle(gateway)
  assert.equal(origin.asked.length, 2)
})

test('an answer that is too long is for one alone, whether it says so or not', async (t) => {
  for (const isTold of [true, false]) {
    const { origin, port, inside, askedTimes } = await start(t, { maxBytes: '1kb' })
    const clients = [get(port), get(port)]
    await inside(2)
    const body = 'x'.repeat(2_000)
    const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${body}\r\n0\r\n\r\n`
    const bytes = isTold ? reply(body) : chunked
    origin.asked[0]?.(bytes)
    await askedTimes(2)
    origin.asked[1]?.(bytes)
    for (const { answer } of clients) assert.equal((await answer).body, body)
  }
})

test('a leader that does not read holds nobody up', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t, { maxBytes: '8mb' })
  const body = 'x'.repeat(6_000_000)
  const leader = ask({ port, host: '127.0.0.1', agent: false })
  leader.on('error', () => undefined).end()
  t.after(() => leader.destroy())
  leader.on('response', (response) => response.pause())
  await askedTimes(1)
  const other = get(port)
  await inside(2)
  origin.asked[0]?.(reply(body))
  assert.equal((await other.answer).body.length, body.length)
})

test('one that has waited for too long asks itself', async (t) => {
  const { origin, port, inside, askedTimes } = await start(t, { wait: '50ms' })
  const leader = get(port)
  await askedTimes(1)
  const other = get(port)
  await inside(2)
  await askedTimes(2)
  origin.asked[1]?.(reply('second'))
  assert.equal((await other.answer).body, 'second')
  origin.asked[0]?.(reply('first'))
  assert.equal((await leader.answer).body, 'first')
})

test('a POST, and what has a body, is never shared', async (t) => {
  const { port, askedTimes } = await start(t)
  const send = (method: string) => {
    const headers = method === 'HEAD' ? {} : { 'content-length': 4 }
    const request = ask({ port, host: '127.0.0.1', method, headers, agent: false })
    request.on('error', () => undefined).end(method === 'HEAD' ? undefined : 'body')
    t.after(() => request.destroy())
  }
  for (const method of ['POST', 'POST', 'GET', 'GET', 'HEAD', 'HEAD']) send(method)
  await askedTimes(6)
})

test('streams of HTTP/2 share an answer, within a connection and between several', async (t) => {
  const { origin, gateway, port, inside, askedTimes } = await start(t, {}, {}, { tls: A })
  const sessions = [await connectHttp2(t, port), await connectHttp2(t, port)]
  const leader = sessions[0]?.request({ ':authority': 'a.test', ':path': '/list' })
  assert(leader)
  const left = answerOf(leader)
  await askedTimes(1)
  const all = sessions.flatMap((session) =>
    Array.from({ length: 10 }, () => askStream(session, { ':path': '/list' })),
  )
  // One that reads nothing holds up nobody, though it shares its connection with them.
  const silent = sessions[1]?.request({ ':authority': 'a.test', ':path': '/list' })
  silent?.pause()
  const [own] = sessions.map((session) => askStream(session, { ':path': '/list', cookie: 'me=1' }))
  await inside(24)
  await askedTimes(3)
  const body = 'x'.repeat(200_000)
  leader.close(8)
  await left
  await askedTimes(4)
  origin.asked[1]?.(reply('mine'))
  origin.asked[2]?.(reply('mine'))
  assert.equal((await own)?.body.toString(), 'mine')
  origin.asked[3]?.(reply(body, 'x-a: 1\r\n'))
  for (const { status, headers, body: got } of await Promise.all(all)) {
    assert.deepEqual([status, headers['x-a'], got.length], [200, '1', body.length])
  }
  silent?.close(8)
  await whenIdle(gateway)
  assert.equal(origin.asked.length, 4)
})

test('what stands in for a service that failed stands in for those who waited as well', async (t) => {
  const fallback = { status: 200, body: 'yesterday’s' } as const
  const { origin, gateway, port, inside, askedTimes } = await start(t, {}, { fallback })
  const clients = Array.from({ length: 20 }, () => get(port))
  await inside(20)
  origin.asked[0]?.(reply('broken', '', '500 Internal Server Error'))
  await askedTimes(2)
  origin.asked[1]?.(reply('broken', '', '500 Internal Server Error'))
  const statuses = await Promise.all(clients.map(async ({ answer }) => (await answer).status))
  assert.equal(statuses.filter((one) => one === 200).length, 18)
  await whenIdle(gateway)
})

test('behind an open breaker all of them have the fallback’s answer', async (t) => {
  const origin = await startOrigin(t)
  const archive = await startEndpoint(t, () => answerText('archived'))
  const { gateway, port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints: [origin.url],
        balance: roundRobin(),
        plugins: [circuitBreaker({ consecutive: 1, openFor: '1m' })],
      },
      archive: { endpoints: [archive.url], balance: roundRobin() },
    },
    routes: [{ path: '/', to: 'it', coalesce: {}, fallback: { to: 'archive' } }],
  })
  const clients = Array.from({ length: 20 }, () => get(port))
  await waitFor(() => gateway.status().exchanges === 20, 'twenty exchanges')
  await waitFor(() => origin.asked.length === 1, 'one request')
  origin.asked[0]?.(reply('broken', '', '500 Internal Server Error'))
  const answers = await Promise.all(clients.map(({ answer }) => answer))
  const bodies = answers.map(({ body }) => body).sort()
  assert.deepEqual(bodies, [...Array<string>(19).fill('archived'), 'broken'])
  assert.equal(origin.asked.length, 1)
  await whenIdle(gateway)
})
