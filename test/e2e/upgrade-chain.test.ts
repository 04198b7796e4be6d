import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { definePlugin, type Exchange, native, type Outcome, Type } from 'sluice'
import WebSocket from 'ws'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { MessageReader } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { ask, startInVirtualTime, switched } from '../support/tunnel-gateway.ts'
import { openSocket, reset, startEcho } from '../support/web-socket-echo.ts'

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

test('what a client sends before the endpoint has answered waits for the tunnel', async (t) => {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.once('data', () => assert.fail('nothing comes before the 101'))
    await waitFor(() => client.socket.bytesWritten > early.length, 'the client has sent')
    socket.removeAllListeners('data')
    const reader = new MessageReader(socket)
    socket.write(switched('echo'))
    socket.end(await reader.bytes(early.length))
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  const client = await RawClient.connect(t, port)
  const early = 'x'.repeat(40_000)
  client.send(ask('echo'))
  await waitFor(() => endpoint.sockets.size > 0, 'the endpoint is asked')
  client.send(early)
  assert.match((await client.head())?.startLine ?? '', / 101 /)
  assert.equal(await client.bytes(early.length), early)
  client.socket.end()
  await whenIdle(gateway)
})

test('plugins see the head of a 101 and may add to it', async (t) => {
  const { url } = await startEcho(t)
  const mark = definePlugin({
    name: 'mark',
    options: Type.Object({}),
    create: () => ({
      response: (_exchange, answer) => answer.setHeader('x-status', `${answer.status}`),
    }),
  })
  const { port } = await startGatewayTo(t, [url], { route: { plugins: [mark()] } })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`)
  t.after(() => socket.terminate())
  const [answer] = (await within(once(socket, 'upgrade'), 'the upgrade')) as [IncomingMessage]
  assert.equal(answer.headers['x-status'], '101')
})

test('the latency of a tunnel is that of its 101, however long it lived', async (t) => {
  const { url } = await startEcho(t)
  const latencies: number[] = []
  const watch = definePlugin({
    name: 'watch',
    options: Type.Object({}),
    create: () => ({
      upstream: (upstream) => void upstream.observe((_, latencyMs) => latencies.push(latencyMs)),
    }),
  })
  const upstream = { plugins: [watch()] }
  const { gateway, clock, port } = await startInVirtualTime(t, url, {}, upstream)
  clock.advance(1_000)
  const socket = await openSocket(t, port)
  clock.advance(60_000)
  socket.close()
  await whenIdle(gateway)
  assert.deepEqual(latencies, [0])
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
