import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { native } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { waitFor, within } from '../support/deadline.ts'
import { inflightOf, startGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { startInVirtualTime } from '../support/tunnel-gateway.ts'
import { openSocket, reset, startEcho } from '../support/web-socket-echo.ts'

const MIB = 2 ** 20
const TUNNELS = 1_000
const AT_ONCE = 50
// An earlier config's instance is closed by then.
const RETIRED_MS = 11_000

describe('a WebSocket through the gateway', () => {
  test('carries compressed messages of 1 MiB both ways, unharmed and in order', async (t) => {
    const { url } = await startEcho(t)
    const { port } = await startGatewayTo(t, [url])
    const socket = await openSocket(t, port, { perMessageDeflate: { threshold: 0 } })
    const sent = Array.from({ length: 4 }, (_, i) =>
      i % 2 === 0 ? randomBytes(MIB) : Buffer.alloc(MIB, `part ${i} `),
    )
    const echoed: Buffer[] = []
    socket.on('message', (data: Buffer) => echoed.push(data))
    for (const message of sent) socket.send(message)
    await waitFor(() => echoed.length === sent.length, 'every message comes back', 20_000)
    for (const [i, message] of sent.entries()) assert(message.equals(echoed[i] as Buffer))
  })

  test('keeps fragments, and the pings between them', async (t) => {
    const { url, sockets } = await startEcho(t)
    const { port } = await startGatewayTo(t, [url])
    const seen: string[] = []
    sockets.on('connection', (socket) => {
      socket.on('ping', (data) => seen.push(`ping ${data}`))
      socket.on('message', (data) => seen.push(`message ${data}`))
    })
    const socket = await openSocket(t, port, { perMessageDeflate: false })
    const pongs: string[] = []
    socket.on('pong', (data) => pongs.push(String(data)))
    const echo = once(socket, 'message')
    socket.send('one ', { fin: false })
    socket.ping('a')
    socket.send('two ', { fin: false })
    socket.ping('b')
    socket.send('three', { fin: true })
    const [data] = await within(echo, 'the echo')
    assert.equal(String(data), 'one two three')
    assert.deepEqual(seen, ['ping a', 'ping b', 'message one two three'])
    await waitFor(() => pongs.join() === 'a,b', 'both pongs')
  })

  test('shows the endpoint every end-to-end header of the client', async (t) => {
    const { url, asked } = await startEcho(t)
    const { port } = await startGatewayTo(t, [url])
    const socket = await openSocket(
      t,
      port,
      {
        origin: 'https://app.example.com',
        headers: { authorization: 'Bearer t', cookie: 'a=1; b=2', 'x-custom': 'yes' },
      },
      ['other', 'chat'],
    )
    assert.equal(socket.protocol, 'chat')
    const { headers, url: target } = asked[0] as IncomingMessage
    assert.equal(target, '/chat?a=b')
    assert.equal(headers.origin, 'https://app.example.com')
    assert.equal(headers.authorization, 'Bearer t')
    assert.equal(headers.cookie, 'a=1; b=2')
    assert.equal(headers['x-custom'], 'yes')
    assert.equal(headers['sec-websocket-protocol'], 'other,chat')
    assert.equal(headers['x-forwarded-for'], '127.0.0.1')
    assert.match(headers['sec-websocket-extensions'] ?? '', /permessage-deflate/)
  })

  test('whose client resets frees its endpoint', async (t) => {
    const { url, sockets } = await startEcho(t)
    const { gateway, port } = await startGatewayTo(t, [url])
    const socket = await openSocket(t, port)
    assert.equal(inflightOf(gateway), 1)
    reset(socket)
    await whenIdle(gateway)
    await waitFor(() => sockets.clients.size === 0, 'the endpoint’s side is closed')
  })

  test('outlives a reload, on the config it began with', async (t) => {
    const { url } = await startEcho(t)
    const config = (name: 'a' | 'b') => ({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { [name]: { endpoints: [url], balance: roundRobin() } },
      routes: [{ to: name }],
      shutdownTimeout: '500ms' as const,
    })
    const { gateway, port } = await startGateway(t, config('a'))
    const socket = await openSocket(t, port)
    await gateway.reload(config('b'))
    socket.send('still here')
    const [data] = await within(once(socket, 'message'), 'the echo')
    assert.equal(String(data), 'still here')
    assert.equal(gateway.status().tunnels, 1)
    socket.close()
    await whenIdle(gateway)
  })

  test('keeps no instance of Fastify of an earlier config in memory', async (t) => {
    const { url } = await startEcho(t)
    const instances: WeakRef<object>[] = []
    const remember = async (scope: object) => void instances.push(new WeakRef(scope))
    const config = (path: string) => ({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { it: { endpoints: [url], balance: roundRobin() } },
      routes: [{ to: 'it' as const }, { path, to: 'it' as const }],
      plugins: [native(remember, {})],
    })
    const { gateway, clock, port } = await startInVirtualTime(t, url, config('/a'))
    await openSocket(t, port)
    await gateway.reload(config('/b'))
    clock.advance(RETIRED_MS)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const isGone = (): boolean => {
      collect()
      return instances[0]?.deref() === undefined
    }
    await waitFor(isGone, 'the first instance is collected')
    assert.equal(gateway.status().tunnels, 1)
    assert.notEqual(instances.at(-1)?.deref(), undefined)
  })

  test(`${TUNNELS} of them, opened and closed in every way, leave nothing`, async (t) => {
    const { url, sockets } = await startEcho(t)
    const { gateway, port } = await startGatewayTo(t, [url])
    let left = TUNNELS
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const socket = await openSocket(t, port, { perMessageDeflate: false })
        socket.on('error', () => undefined)
        socket.send('x')
        await once(socket, 'message')
        const closed = once(socket, 'close')
        if (left % 3 === 0) socket.terminate()
        else if (left % 3 === 1) socket.close()
        else reset(socket)
        await closed
      }
    }
    await within(Promise.all(Array.from({ length: AT_ONCE }, client)), 'all', 60_000)
    await whenIdle(gateway)
    await waitFor(() => sockets.clients.size === 0, 'the endpoint has none')
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })
})
