import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { definePlugin, type GatewayConfig, type Plugin, Type, type Upstream } from 'sluice'
import { drain, roundRobin } from 'sluice/plugins'
import type { WebSocket } from 'ws'
import { waitFor, within } from '../support/deadline.ts'
import { OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { ask, startInVirtualTime, switched } from '../support/tunnel-gateway.ts'
import { openSocket, startEcho } from '../support/web-socket-echo.ts'

const SECOND = 1_000
const GET = 'GET /it HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** A plugin that hands out its upstream, and binds every flow to the endpoint that a test says. */
function handle() {
  const seen: { upstream: Upstream | undefined; bound: string | undefined } = {
    upstream: undefined,
    bound: undefined,
  }
  const use = definePlugin({
    name: 'handle',
    options: Type.Object({}),
    create: (): Plugin => ({
      upstream: (upstream) => {
        seen.upstream = upstream
      },
      request: ({ flow }) => {
        flow.prefer = seen.upstream?.endpoints.find(({ url }) => url === seen.bound)
      },
    }),
  })
  const drainOf = (url: string, options?: Parameters<Upstream['drain']>[1]) => {
    const endpoint = seen.upstream?.endpoints.find((one) => one.url === url)
    assert(seen.upstream && endpoint)
    return seen.upstream.drain(endpoint, options)
  }
  return { use: use(), seen, drainOf }
}

async function startTwo(t: TestContext, urls: readonly [string, string]) {
  const { use, seen, drainOf } = handle()
  const config: GatewayConfig<'it'> = {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: urls, balance: roundRobin(), plugins: [use] } },
    routes: [{ to: 'it' }],
    plugins: [drain({ deadline: '10s', linger: 0 })],
  }
  const made = await startInVirtualTime(t, urls[0], config)
  return { ...made, config, seen, drainOf }
}

/** The code that a WebSocket is closed with. */
async function codeOf(socket: WebSocket): Promise<number> {
  const [code] = await within(once(socket, 'close'), 'the WebSocket is closed')
  return code
}

describe('an endpoint that is drained', () => {
  test('has its WebSockets asked to go, while others get all that comes', async (t) => {
    const slow = await startEcho(t)
    const other = await startEndpoint(t)
    const { clock, port, seen, drainOf, gateway } = await startTwo(t, [slow.url, other.url])
    seen.bound = slow.url
    const sockets = [await openSocket(t, port), await openSocket(t, port)]
    seen.bound = undefined
    const codes = Promise.all(sockets.map(codeOf))
    const leaving = drainOf(slow.url, { deadlineMs: 10 * SECOND })
    assert.equal(leaving.left, 2)
    for (let i = 0; i < 4; i++) assert.equal(statusOf(await exchange(t, port, GET)), 200)
    assert.equal(other.requests.length, 4)
    clock.advance(500)
    assert.deepEqual(await codes, [1012, 1012])
    assert.deepEqual(await within(leaving.done, 'done'), { how: 'drained', left: 0, cut: 0 })
    assert.equal(gateway.status().upstreams.it?.endpoints[0]?.ready, false)
  })

  test('has WebSockets that do not go cut at its deadline, and no other endpoint’s', async (t) => {
    const endpoints = await Promise.all(
      [0, 1].map(() =>
        startRawEndpoint(t, async (socket, requests) => {
          await requests.head()
          socket.write(switched('websocket'))
        }),
      ),
    )
    const [a, b] = endpoints
    assert(a && b)
    const { clock, port, drainOf, gateway } = await startTwo(t, [a.url, b.url])
    const clients = [await RawClient.connect(t, port), await RawClient.connect(t, port)]
    for (const client of clients) await client.send(ask('websocket')).head()
    const leaving = drainOf(a.url, { deadlineMs: 10 * SECOND })
    clock.advance(10 * SECOND)
    assert.deepEqual(await within(leaving.done, 'done'), { how: 'deadline', left: 0, cut: 1 })
    await waitFor(() => leaving.left === 0, 'it is gone')
    assert.equal(gateway.status().tunnels, 1)
  })

  test('serves requests that are bound to it, but takes no WebSocket of theirs', async (t) => {
    const bound = await startEcho(t)
    const other = await startEcho(t)
    const { port, seen, drainOf } = await startTwo(t, [bound.url, other.url])
    seen.bound = bound.url
    drainOf(bound.url, { quietMs: SECOND })
    assert.equal((await exchange(t, port, GET))?.body.toString(), 'ok')
    await openSocket(t, port)
    assert.deepEqual([bound.asked.length, other.asked.length], [0, 1])
  })

  test('is put back into traffic by its release', async (t) => {
    const [a, b] = [await startEndpoint(t), await startEndpoint(t)]
    const { port, drainOf } = await startTwo(t, [a.url, b.url])
    const leaving = drainOf(a.url)
    for (let i = 0; i < 4; i++) await exchange(t, port, GET)
    assert.deepEqual([a.requests.length, b.requests.length], [0, 4])
    leaving.release()
    for (let i = 0; i < 4; i++) await exchange(t, port, GET)
    assert.deepEqual([a.requests.length, b.requests.length], [2, 6])
  })

  test('tells in the log how it goes', async (t) => {
    let answer: (() => void) | undefined
    const slow = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      answer = () => socket.write(OK)
    })
    const { clock, port, drainOf, logged } = await startTwo(t, [
      slow.url,
      slow.url.replace('127.0.0.1', 'localhost'),
    ])
    const client = await RawClient.connect(t, port)
    client.send(GET)
    await waitFor(() => answer !== undefined, 'it is in flight')
    const leaving = drainOf(slow.url)
    clock.advance(5 * SECOND)
    answer?.()
    await within(leaving.done, 'done')
    const about = { upstream: 'it', endpoint: slow.url.slice('http://'.length) }
    assert.deepEqual(
      logged
        .filter(({ message }) => message.includes('drain'))
        .map(({ level, message, fields }) => [level, message, fields]),
      [
        ['info', 'an endpoint is draining', { ...about, left: 1, leftMs: 25_000 }],
        ['info', 'an endpoint is drained', { ...about, left: 0, cut: 0 }],
      ],
    )
  })
})

describe('an endpoint that leaves by a reload', () => {
  test('has its WebSockets asked to go, and those that stay cut after the deadline', async (t) => {
    const leaving = await startEcho(t)
    const stubborn = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      socket.write(switched('websocket'))
    })
    const staying = await startEndpoint(t)
    const { clock, port, seen, gateway, config } = await startTwo(t, [leaving.url, stubborn.url])
    seen.bound = leaving.url
    const codes = codeOf(await openSocket(t, port))
    seen.bound = stubborn.url
    const client = await RawClient.connect(t, port)
    await client.send(ask('websocket')).head()
    const { it } = config.upstreams
    await gateway.reload({ ...config, upstreams: { it: { ...it, endpoints: [staying.url] } } })
    assert.equal(await codes, 1012)
    clock.advance(10 * SECOND - 1)
    assert.equal(gateway.status().tunnels, 1)
    clock.advance(1)
    await waitFor(() => gateway.status().tunnels === 0, 'it is cut')
  })

  test('or by a plugin that supplied it, has them go as well', async (t) => {
    const [supplied, staying] = [await startEcho(t), await startEndpoint(t)]
    const { port, seen } = await startTwo(t, [
      staying.url,
      staying.url.replace('127.0.0.1', 'localhost'),
    ])
    seen.upstream?.supply([supplied.url])
    seen.bound = supplied.url
    const code = codeOf(await openSocket(t, port))
    seen.upstream?.supply([])
    assert.equal(await code, 1012)
  })

  test('has them go as well when its whole upstream is dropped', async (t) => {
    const leaving = await startEcho(t)
    const staying = await startEndpoint(t)
    const { clock, port, seen, gateway, config } = await startTwo(t, [leaving.url, staying.url])
    seen.bound = leaving.url
    const codes = codeOf(await openSocket(t, port))
    const upstreams = { other: { endpoints: [staying.url], balance: roundRobin() } }
    await gateway.reload({ ...config, upstreams, tcp: [], udp: [], routes: [{ to: 'other' }] })
    // A generation lets go of streams that last after so long.
    clock.advance(10 * SECOND)
    assert.equal(await codes, 1012)
  })

  test('keeps its slow request', async (t) => {
    let answer: (() => void) | undefined
    const slow = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      answer = () => socket.write(OK)
    })
    const staying = await startEndpoint(t)
    const { clock, port, seen, gateway, config } = await startTwo(t, [slow.url, staying.url])
    seen.bound = slow.url
    const client = await RawClient.connect(t, port)
    client.send(GET)
    await waitFor(() => answer !== undefined, 'it is in flight')
    const { it } = config.upstreams
    await gateway.reload({ ...config, upstreams: { it: { ...it, endpoints: [staying.url] } } })
    clock.advance(20 * SECOND)
    answer?.()
    assert.equal(statusOf(await client.answer()), 200)
  })
})
