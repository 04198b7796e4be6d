import assert from 'node:assert/strict'
import { request as ask, type ClientRequest, createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { definePlugin, type Json, Type, type Upstream } from 'sluice'
import { concurrencyLimit, roundRobin } from 'sluice/plugins'
import { SeededRng } from 'sluice/testing'
import { waitFor } from '../support/deadline.ts'
import { startGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

type Limit = NonNullable<Parameters<typeof concurrencyLimit>[0]>

/** An endpoint that counts what is under way, and answers when it is told to. */
async function startOrigin(t: TestContext) {
  const waiting: {
    readonly path: string
    readonly res: ServerResponse
    readonly socket: Socket
  }[] = []
  const state = { inflight: 0, most: 0, seen: 0 }
  const server = createServer((req, res) => {
    state.inflight++
    state.seen++
    state.most = Math.max(state.most, state.inflight)
    res.on('close', () => state.inflight--)
    req.resume()
    waiting.push({ path: req.url ?? '', res, socket: req.socket })
  })
  server.on('upgrade', (_req, socket) => {
    socket.on('error', () => undefined)
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    )
    socket.on('end', () => socket.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, waiting, state }
}

function get(port: number, path = '/', headers: Record<string, string> = {}) {
  const request = ask({ port, host: '127.0.0.1', path, headers, agent: false })
  const answer = new Promise<{ status: number; retryAfter: number }>((resolve) => {
    request.on('error', () => resolve({ status: 0, retryAfter: 0 }))
    request.on('response', (response) => {
      response.on('error', () => undefined).resume()
      const { statusCode = 0, headers } = response
      response.on('close', () => {
        resolve({ status: statusCode, retryAfter: Number(headers['retry-after'] ?? 0) })
      })
    })
  })
  request.end()
  return { request, answer }
}

async function start(t: TestContext, limit: Limit) {
  const origin = await startOrigin(t)
  const spy = upstreamSpy()
  const { gateway, port } = await startGatewayTo(t, [origin.url], {
    upstream: { plugins: [spy.use, concurrencyLimit(limit)] },
  })
  const status = () => statusOf(spy.upstream())
  return { origin, gateway, port, status, counts: (key: string) => Number(status()[key]) }
}

function statusOf(upstream: Upstream): Record<string, Json> {
  return upstream.statuses()['concurrency-limit'] as Record<string, Json>
}

test('of a hundred clients never more than ten are at the endpoint, and all are served', async (t) => {
  const { origin, gateway, port, counts } = await start(t, { max: 10, queue: { wait: '1m' } })
  const clients = Array.from({ length: 100 }, () => get(port))
  await waitFor(() => counts('waiting') === 90, 'ninety wait')
  for (let served = 0; served < 100; served++) {
    await waitFor(() => origin.waiting.length > 0, 'one is at the endpoint')
    origin.waiting.shift()?.res.end('ok')
  }
  for (const { answer } of clients) assert.equal((await answer).status, 200)
  assert.equal(origin.state.most, 10)
  await whenIdle(gateway)
  assert.equal(counts('inflight'), 0)
})

test('those who find the queue full are answered at once, the others when their wait is over', async (t) => {
  const { origin, port, counts } = await start(t, { max: 1, queue: { max: 1, wait: '100ms' } })
  const first = get(port)
  await waitFor(() => origin.state.seen === 1, 'the first is served')
  const second = get(port)
  await waitFor(() => counts('waiting') === 1, 'the second waits')
  const third = await get(port).answer
  assert.equal(third.status, 503)
  assert.ok(third.retryAfter >= 1 && third.retryAfter <= 3)
  assert.equal((await second.answer).status, 503)
  origin.waiting[0]?.res.end('ok')
  assert.equal((await first.answer).status, 200)
  assert.equal(origin.state.seen, 1)
})

test('clients that fill the queue and leave have left it, and the next one is served in turn', async (t) => {
  const { origin, gateway, port, counts } = await start(t, {
    max: 1,
    queue: { max: 50, wait: '1m' },
  })
  const first = get(port)
  await waitFor(() => origin.state.seen === 1, 'the first is served')
  for (let round = 0; round < 3; round++) {
    const hostile = Array.from({ length: 50 }, () => get(port, '/hostile'))
    await waitFor(() => counts('waiting') === 50, 'the queue is full')
    for (const { request } of hostile) request.destroy()
    await waitFor(() => counts('waiting') === 0, 'the queue is empty')
  }
  const good = get(port, '/good')
  await waitFor(() => counts('waiting') === 1, 'the good one waits')
  origin.waiting[0]?.res.end('ok')
  await first.answer
  await waitFor(() => origin.state.seen === 2, 'the next one is served')
  assert.equal(origin.waiting[1]?.path, '/good')
  origin.waiting[1]?.res.end('ok')
  assert.equal((await good.answer).status, 200)
  await whenIdle(gateway)
  assert.deepEqual([counts('inflight'), counts('shed')], [0, 0])
})

test('an endpoint at its limit is skipped, and others take over', async (t) => {
  const [full, free] = [await startOrigin(t), await startOrigin(t)]
  const { port } = await startGatewayTo(t, [full.url, free.url], {
    upstream: { plugins: [concurrencyLimit({ max: 2, per: 'endpoint', queue: { max: 1 } })] },
  })
  const clients = [get(port), get(port), get(port), get(port)]
  await waitFor(() => full.state.seen + free.state.seen === 4, 'four are served')
  assert.deepEqual([full.state.inflight, free.state.inflight], [2, 2])
  for (let round = 0; round < 4; round++) {
    free.waiting.shift()?.res.end('ok')
    await waitFor(() => free.state.inflight === 1, 'one has room')
    clients.push(get(port))
    await waitFor(() => free.state.inflight === 2, 'and takes the next one')
  }
  assert.equal(full.state.seen, 2)
  const waits = get(port)
  await waitFor(() => free.state.inflight + full.state.inflight === 4, 'all are full')
  full.waiting.shift()?.res.end('ok')
  await waitFor(() => full.state.seen === 3, 'whoever waited goes where there is room')
  for (const { res } of [...full.waiting, ...free.waiting]) res.end('ok')
  assert.equal((await waits.answer).status, 200)
})

test('a limit of the gateway, of a route and of an upstream each count what they see', async (t) => {
  const origin = await startOrigin(t)
  const none = { max: 0 }
  const { port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      a: {
        endpoints: [origin.url],
        balance: roundRobin(),
        plugins: [concurrencyLimit({ max: 3, queue: none })],
      },
      b: { endpoints: [origin.url], balance: roundRobin() },
    },
    routes: [
      { path: '/narrow', to: 'a', plugins: [concurrencyLimit({ max: 1, queue: none })] },
      { path: '/a', to: 'a' },
      { path: '/b', to: 'b' },
    ],
    plugins: [concurrencyLimit({ max: 5, queue: none })],
    shutdownTimeout: '500ms',
  })
  const isServed = async (path: string) => {
    const { seen } = origin.state
    let status = -1
    get(port, path).answer.then((answer) => {
      status = answer.status
    })
    await waitFor(() => status >= 0 || origin.state.seen > seen, 'it is served or shed')
    return status < 0
  }
  assert.deepEqual([await isServed('/narrow'), await isServed('/narrow')], [true, false])
  assert.deepEqual(
    [await isServed('/a'), await isServed('/a'), await isServed('/a')],
    [true, true, false],
  )
  assert.deepEqual(
    [await isServed('/b'), await isServed('/b'), await isServed('/b')],
    [true, true, false],
  )
})

test('however exchanges end, and through reloads, each place is given back once', async (t) => {
  const origin = await startOrigin(t)
  const seed = Number(process.env.SEED ?? 20)
  const rng = new SeededRng(seed)
  t.diagnostic(`SEED=${seed}`)
  const spy = upstreamSpy()
  const odd = definePlugin({
    name: 'odd',
    options: Type.Object({}),
    create: () => ({
      request(exchange) {
        if (exchange.target === '/throws') throw new Error('thrown by a test')
        if (exchange.target === '/replies') exchange.reply(204)
        if (exchange.target === '/rejects') return Promise.reject(new Error('rejected by a test'))
        return undefined
      },
      response(exchange) {
        if (exchange.target === '/late') throw new Error('thrown late by a test')
      },
    }),
  })
  const config = (path: string) => ({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints: [origin.url],
        balance: roundRobin(),
        plugins: [concurrencyLimit({ max: 5, queue: { max: 20, wait: '30ms' } }), odd(), spy.use],
      },
    },
    routes: [
      { path: '/', to: 'it' as const, bodyLimit: 10 },
      { path, to: 'it' as const },
    ],
    shutdownTimeout: '500ms' as const,
  })
  const { gateway, port } = await startGateway(t, config('/r'))
  const paths = [
    '/ok',
    '/throws',
    '/replies',
    '/rejects',
    '/late',
    '/reset',
    '/cut',
    '/leave',
    '/post',
  ]
  const answers: Promise<unknown>[] = []
  const answerAll = (): void => {
    for (const { path, res, socket } of origin.waiting.splice(0)) {
      if (path === '/reset') socket.resetAndDestroy()
      else if (path === '/cut')
        res.writeHead(200, { 'content-length': 9 }).write('x', () => res.destroy())
      else res.end('ok')
    }
  }
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 20; i++) {
      const path = paths[rng.below(paths.length)] ?? ''
      if (path === '/post') answers.push(post(port, rng.below(30)))
      else {
        const { request, answer } = get(port, path)
        answers.push(answer)
        if (path === '/leave') leaveSoon(request)
      }
    }
    if (round % 7 === 3) await gateway.reload(config(`/r${round}`))
    await waitFor(
      () => gateway.status().exchanges > 0 || origin.waiting.length > 0,
      'some came',
      200,
    ).catch(() => undefined)
    answerAll()
    assert.ok(Number(statusOf(spy.upstream()).inflight) <= 5, 'no more than the limit')
  }
  let isOver = false
  Promise.all(answers).then(() => {
    isOver = true
  })
  await waitFor(
    () => {
      answerAll()
      return isOver
    },
    'all have an end',
    20_000,
  )
  await whenIdle(gateway)
  const { inflight, waiting } = statusOf(spy.upstream())
  assert.deepEqual({ inflight, waiting }, { inflight: 0, waiting: 0 })
})

test('a WebSocket has its place while it is open', async (t) => {
  for (const [tunnels, during] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const { gateway, port, counts } = await start(t, { max: 1, tunnels })
    const request = ask({
      port,
      host: '127.0.0.1',
      agent: false,
      headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' },
    })
    const socket = await new Promise<Socket>((resolve) => {
      request.on('upgrade', (_response, socket) => resolve(socket)).end()
    })
    assert.equal(counts('inflight'), during)
    socket.destroy()
    await whenIdle(gateway)
    assert.equal(counts('inflight'), 0)
  }
})

function leaveSoon(request: ClientRequest): void {
  request.on('socket', (socket) =>
    socket.on('connect', () => setImmediate(() => request.destroy())),
  )
}

function post(port: number, bytes: number): Promise<void> {
  const request = ask({ port, host: '127.0.0.1', path: '/post', method: 'POST', agent: false })
  request.end('x'.repeat(bytes))
  return new Promise((resolve) => {
    request.on('error', () => resolve())
    request.on('response', (response) => response.resume().on('close', () => resolve()))
  })
}
