import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Endpoint, RouteConfig } from 'sluice'
import { breakersOf, type CircuitBreaker, circuitBreaker, roundRobin } from 'sluice/plugins'
import WebSocket, { WebSocketServer } from 'ws'
import { waitFor } from '../support/deadline.ts'
import { startGateway, whenIdle } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

type Options = NonNullable<Parameters<typeof circuitBreaker>[0]>

// Short, since these run in real time; each test waits for a state, never for a time.
const QUICK: Options = { openFor: '100ms', jitter: 0, ramp: { step: 1 } }

async function serve(
  t: Teardown,
  answer: RequestListener,
): Promise<{ url: string; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

interface Setting {
  readonly base: string
  readonly gateway: Awaited<ReturnType<typeof startGateway>>['gateway']
  endpoint(place?: number): Endpoint
  breaker(place?: number): CircuitBreaker
}

async function setting(
  t: Teardown,
  endpoints: readonly string[],
  options: Options,
  route: Partial<RouteConfig<'it' | 'other'>> = {},
  other: readonly string[] = endpoints,
): Promise<Setting> {
  const spy = upstreamSpy()
  const { gateway, port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: { endpoints, balance: roundRobin(), plugins: [circuitBreaker(options), spy.use] },
      other: { endpoints: other, balance: roundRobin() },
    },
    routes: [{ path: '/', to: 'it', ...route } as RouteConfig<'it' | 'other'>],
    shutdownTimeout: '500ms',
  })
  const endpoint = (place = 0): Endpoint => spy.upstream().endpoints[place] as Endpoint
  return {
    base: `http://127.0.0.1:${port}`,
    gateway,
    endpoint,
    breaker: (place) => breakersOf(endpoint(place))[0] as CircuitBreaker,
  }
}

async function statuses(base: string, count: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const answer = await fetch(base)
    await answer.text()
    all.push(answer.status)
  }
  return all
}

const is = (breaker: CircuitBreaker, state: 'opened' | 'halfOpen' | 'closed'): Promise<void> =>
  waitFor(
    () => breaker[state],
    () => `it is not ${state}`,
  )

test('an endpoint that fails is opened, and the others serve', async (t) => {
  const bad = await serve(t, (_req, res) => res.writeHead(500).end())
  const good = await serve(t, (_req, res) => res.end('well'))
  const { base, breaker } = await setting(t, [bad.url, good.url], { openFor: '1m' })
  const first = await statuses(base, 10)
  assert.equal(first.filter((status) => status === 500).length, 5)
  assert.equal(breaker(0).opened, true)
  assert.deepEqual(new Set(await statuses(base, 20)), new Set([200]))
})

test('all open: 503 with Retry-After, nobody is asked', async (t) => {
  let asked = 0
  const bad = await serve(t, (_req, res) => {
    asked++
    res.writeHead(500).end()
  })
  const { base } = await setting(t, [bad.url], { openFor: '30s', jitter: 0 })
  await statuses(base, 5)
  const refused = await fetch(base)
  assert.equal(refused.status, 503)
  assert.match(String(refused.headers.get('retry-after')), /^(29|30)$/)
  assert.equal(refused.headers.get('content-type'), 'application/problem+json')
  assert.equal(asked, 5)
})

test('all open: the route’s fallback, another upstream or a fixed answer', async (t) => {
  const bad = await serve(t, (_req, res) => res.writeHead(500).end())
  const good = await serve(t, (req, res) => {
    req.pipe(res)
  })
  const options: Options = { openFor: '1m' }
  const over = await setting(t, [bad.url], options, { fallback: { to: 'other' } }, [good.url])
  await statuses(over.base, 5)
  const echoed = await fetch(over.base, { method: 'POST', body: 'hello' })
  assert.equal(await echoed.text(), 'hello')
  const fixed = await setting(t, [bad.url], options, { fallback: { status: 200, body: 'none' } })
  await statuses(fixed.base, 5)
  assert.equal(await (await fetch(fixed.base)).text(), 'none')
})

test('under 100 clients no more than the permits are ever at a half-open endpoint', async (t) => {
  const it = { status: 500, now: 0, most: 0, asked: 0, release: [] as (() => void)[] }
  const bad = await serve(t, (_req, res) => {
    it.asked++
    it.now++
    it.most = Math.max(it.most, it.now)
    res.on('close', () => it.now--)
    if (it.status === 500) res.writeHead(500).end()
    else it.release.push(() => res.writeHead(it.status).end())
  })
  const { base, breaker, gateway } = await setting(t, [bad.url], {
    ...QUICK,
    permits: 4,
    successes: 8,
  })
  await statuses(base, 5)
  it.status = 404
  it.most = 0
  it.asked = 0
  await is(breaker(), 'halfOpen')
  // Answers that are no vote, so that it stays half-open: permits come back and are given again.
  for (let round = 0; round < 3; round++) {
    const all = Array.from({ length: 100 }, () => statuses(base, 1))
    await waitFor(
      () => it.release.length === 4,
      () => `${it.release.length} probes wait`,
    )
    const refused = await waitRefused(all, 96)
    assert.equal(refused, 96)
    for (const release of it.release.splice(0)) release()
    const got = (await Promise.all(all)).flat()
    assert.equal(got.filter((status) => status === 503).length, 96)
  }
  assert.deepEqual([it.most, it.asked], [4, 12])
  await whenIdle(gateway)
})

/** Waits until so many of them have been refused. */
async function waitRefused(all: readonly Promise<number[]>[], count: number): Promise<number> {
  let refused = 0
  for (const one of all) one.then(([status]) => status === 503 && refused++)
  await waitFor(
    () => refused === count,
    () => `${refused} are refused`,
  )
  return refused
}

test('a client that leaves during its probe hands the permit back', async (t) => {
  const it = { status: 500, waiting: 0 }
  const bad = await serve(t, (_req, res) => {
    if (it.status !== 0) res.writeHead(it.status).end()
    else {
      it.waiting++
      res.on('close', () => it.waiting--)
    }
  })
  const { base, breaker } = await setting(t, [bad.url], { ...QUICK, permits: 1, successes: 1 })
  await statuses(base, 5)
  it.status = 0
  await is(breaker(), 'halfOpen')
  const leaving = get(base)
  leaving.on('error', () => {})
  await waitFor(
    () => it.waiting === 1,
    () => 'no probe came',
  )
  assert.deepEqual(await statuses(base, 1), [503])
  leaving.destroy()
  await waitFor(
    () => it.waiting === 0,
    () => 'the probe goes on',
  )
  assert.equal(breaker().halfOpen, true, 'it closes nothing')
  it.status = 200
  assert.deepEqual(await statuses(base, 1), [200])
  assert.equal(breaker().closed, true)
})

test('WebSockets count by their handshake, and hold no permit', async (t) => {
  const it = { refuses: true }
  const bad = await serve(t, (_req, res) => res.writeHead(500).end())
  const sockets = new WebSocketServer({ noServer: true })
  bad.server.on('upgrade', (req, socket, head) => {
    if (it.refuses) socket.end('HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n')
    else sockets.handleUpgrade(req, socket, head, (client) => client.on('message', () => {}))
  })
  const { base, breaker } = await setting(t, [bad.url], { ...QUICK, permits: 1, successes: 2 })
  const dial = async (): Promise<string> => {
    const socket = new WebSocket(base.replace('http', 'ws'))
    t.after(() => socket.terminate())
    return once(socket, 'open').then(
      () => 'open',
      () => 'error',
    )
  }
  for (let i = 0; i < 5; i++) assert.equal(await dial(), 'error')
  assert.equal(breaker().opened, true)
  it.refuses = false
  await is(breaker(), 'halfOpen')
  assert.equal(await dial(), 'open')
  assert.equal(breaker().halfOpen, true)
  assert.equal(await dial(), 'open', 'the first one still runs, and holds no permit')
  assert.equal(breaker().closed, true)
})
