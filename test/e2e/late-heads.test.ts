import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { native } from 'sluice'
import { waitFor } from '../support/deadline.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: a head whose body is late`, () => {
    test('keeps its bytes beyond ASCII', async (t) => {
      const late = await startRawEndpoint(t, async (socket, requests) => {
        await requests.next()
        socket.write(
          Buffer.from('HTTP/1.1 200 OK\r\nx-a: \xe4\r\ncontent-length: 2\r\n\r\n', 'latin1'),
        )
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
        socket.write('ok')
      })
      const { port } = await startGatewayTo(t, [late.url], { route: { plugins } })
      const answer = await exchange(t, port, GET)
      assert.equal(headerOf(answer, 'x-a'), '\xe4')
      assert.equal(answer?.body.toString(), 'ok')
    })

    test('goes out at once', async (t) => {
      const stream = await startRawEndpoint(t, async (socket, requests) => {
        await requests.next()
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n')
      })
      const { port } = await startGatewayTo(t, [stream.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      client.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')
      assert.equal(statusOf(await client.head()), 200)
      const before = client.received
      const [socket] = stream.sockets
      socket?.write('data: 1\n\n')
      await waitFor(() => client.received > before, 'the event arrives while the stream is open')
      socket?.end()
      assert.equal(await client.rest(), '9\r\ndata: 1\n\n\r\n0\r\n\r\n')
    })
  })
}

test('a head whose body is late goes out whole behind hooks that take their time', async (t) => {
  const hooks = async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.raw.setHeader('x-raw', '1')
    })
    scope.addHook('onSend', async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    })
  }
  const plugin = Object.assign(hooks, { [Symbol.for('skip-override')]: true })
  const stream = await startRawEndpoint(t, async (socket, requests) => {
    await requests.next()
    socket.write('HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n')
  })
  const route = { plugins: [native(plugin, {})] }
  const { port } = await startGatewayTo(t, [stream.url], { route })
  const client = await RawClient.connect(t, port)
  const head = await client.send(GET).head()
  assert.deepEqual([headerOf(head, 'x-raw'), headerOf(head, 'x-a')], ['1', 'b'])
})
