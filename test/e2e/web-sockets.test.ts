import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { definePlugin, type Exchange, native, type Outcome, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import WebSocket from 'ws'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { inflightOf, startGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { openSocket, reset, startEcho } from '../support/web-socket-echo.ts'

const MIB = 2 ** 20
const TUNNELS = 1_000
const AT_ONCE = 50

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

describe('the chain runs before an upgrade', () => {
  test('a plugin may refuse it, and the endpoint is not asked', async (t) => {
    const { url, asked } = await startEcho(t)
    const guard = definePlugin({
      name: 'guard',
      options: Type.Object({}),
      create: () => ({
        request: (exchange: Exchange) => exchange.reply(403, { 'x-why': 'guard' }, 'no entry'),
      }),
    })
    const { gateway, port } = await startGatewayTo(t, [url], { route: { plugins: [guard()] } })
    const refusal = await refusalOf(port)
    assert.deepEqual(refusal, { status: 403, why: 'guard', body: 'no entry' })
    assert.equal(asked.length, 0)
    await whenIdle(gateway)
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('a native plugin may refuse it too', async (t) => {
    const { url, asked } = await startEcho(t)
    const auth = native(
      Object.assign(
        async (app: import('fastify').FastifyInstance) => {
          app.addHook('onRequest', async (request, reply) => {
            if (request.headers.authorization === 'Basic dTpw') return
            reply.code(401).header('x-why', 'auth')
            return reply.send('who are you?')
          })
        },
        { [Symbol.for('skip-override')]: true },
      ),
      {},
    )
    const { gateway, port } = await startGatewayTo(t, [url], { route: { plugins: [auth] } })
    assert.deepEqual(await refusalOf(port), { status: 401, why: 'auth', body: 'who are you?' })
    assert.equal(asked.length, 0)
    await openSocket(t, port, { headers: { authorization: 'Basic dTpw' } })
    assert.equal(asked.length, 1)
    await waitFor(() => gateway.status().connections === 1, 'the refused connection is closed')
  })

  test('an endpoint’s 401 reaches the client with its headers and body', async (t) => {
    const endpoint = await startEndpoint(
      t,
      () => 'HTTP/1.1 401 Unauthorized\r\nx-why: endpoint\r\ncontent-length: 8\r\n\r\nno token',
    )
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    assert.deepEqual(await refusalOf(port), { status: 401, why: 'endpoint', body: 'no token' })
    await whenIdle(gateway)
  })

  test('a refusing endpoint is 502, and another one takes over where a plugin says so', async (t) => {
    const gone = await startEndpoint(t)
    gone.close()
    const { url } = await startEcho(t)
    const attempts: number[] = []
    const retry = definePlugin({
      name: 'retry',
      options: Type.Object({}),
      create: () => ({
        again: (_flow, failure) => {
          attempts.push(failure.attempt)
          assert.equal(failure.outcome, 'connect-failed')
          return failure.attempt < 2 ? 0 : -1
        },
      }),
    })
    const upstream = { endpoints: [gone.url, gone.url.replace('127.0.0.1', '127.0.0.2'), url] }
    const alone = await startGatewayTo(t, [gone.url])
    assert.equal((await refusalOf(alone.port)).status, 502)
    const { gateway, port } = await startGatewayTo(t, [], {
      upstream: { ...upstream, plugins: [retry()] },
    })
    assert.equal((await refusalOf(port)).status, 502)
    assert.deepEqual(attempts, [1, 2])
    const socket = await openSocket(t, port)
    socket.close()
    await whenIdle(gateway)
  })
})

describe('a tunnel’s outcome', () => {
  const cases: Readonly<
    Record<string, readonly [Outcome, (client: WebSocket, endpoint: WebSocket) => void]>
  > = {
    'ok where a side closes in order': ['ok', (client) => client.close()],
    'client-abort where the client resets': ['client-abort', (client) => reset(client)],
    'upstream-error where the endpoint resets': [
      'upstream-error',
      (_, endpoint) => reset(endpoint),
    ],
  }
  for (const [name, [expected, end]] of Object.entries(cases)) {
    test(name, async (t) => {
      const { url, sockets } = await startEcho(t)
      const seen: Outcome[] = []
      const watch = definePlugin({
        name: 'watch',
        options: Type.Object({}),
        create: () => ({
          upstream: (upstream) =>
            void upstream.observe((_endpoint, _latency, how) => seen.push(how)),
          finished: (_exchange, outcome) => void seen.push(outcome),
        }),
      })
      const { gateway, port } = await startGatewayTo(t, [url], { upstream: { plugins: [watch()] } })
      const client = await openSocket(t, port)
      client.on('error', () => undefined)
      const [endpoint] = sockets.clients
      end(client, endpoint as WebSocket)
      await whenIdle(gateway)
      assert.deepEqual(seen, [expected, expected])
    })
  }
})

/** What a client sees that gets no WebSocket. */
async function refusalOf(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`)
  socket.on('error', () => undefined)
  const [, answer] = (await within(once(socket, 'unexpected-response'), 'a refusal')) as [
    unknown,
    IncomingMessage,
  ]
  let body = ''
  for await (const chunk of answer) body += chunk
  socket.terminate()
  return { status: answer.statusCode, why: answer.headers['x-why'], body }
}
