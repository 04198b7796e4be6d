import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { waitFor, within } from '../support/deadline.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

/** A socket.io server that answers `ask` with what it got, and calls `told` when asked to. */
async function startServer(t: TestContext) {
  const http = createServer().listen(0, '127.0.0.1')
  const server = new Server(http)
  server.on('connection', (socket) => {
    socket.on('ask', (...args: unknown[]) => {
      const answer = args.pop() as (echoed: unknown[]) => void
      answer(args)
    })
    socket.on('call me', () => socket.emit('called', Buffer.from([1, 2, 3])))
  })
  await once(http, 'listening')
  t.after(() => server.close())
  return { server, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

for (const [name, transports] of Object.entries({
  'that polls first and then upgrades': ['polling', 'websocket'],
  'that speaks WebSocket from the start': ['websocket'],
  'that only polls': ['polling'],
})) {
  test(`a socket.io client ${name} asks, is called, and leaves nothing`, async (t) => {
    const { server, url } = await startServer(t)
    const { gateway, port } = await startGatewayTo(t, [url])
    const socket = io(`http://127.0.0.1:${port}`, { transports, reconnection: false })
    t.after(() => socket.disconnect())
    await within(once(socket as never, 'connect'), 'the client is connected')
    const last = transports.at(-1)
    await waitFor(() => socket.io.engine.transport.name === last, `the transport is ${last}`)
    assert.equal(gateway.status().tunnels, last === 'websocket' ? 1 : 0)
    const text = 'x'.repeat(200_000)
    const echoed = await within(socket.emitWithAck('ask', text, { a: 1 }), 'an answer')
    assert.deepEqual(echoed, [text, { a: 1 }])
    const called = once(socket as never, 'called')
    socket.emit('call me')
    assert.deepEqual(await within(called, 'a call'), [Buffer.from([1, 2, 3])])
    socket.disconnect()
    await waitFor(() => server.engine.clientsCount === 0, 'the server has no client')
    await whenIdle(gateway)
  })
}

test('a socket.io client reconnects when its gateway stops', async (t) => {
  const { server, url } = await startServer(t)
  const { gateway, port } = await startGatewayTo(t, [url])
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    reconnectionDelay: 20,
  })
  t.after(() => socket.disconnect())
  await within(once(socket as never, 'connect'), 'the client is connected')
  const left = once(socket as never, 'disconnect')
  await gateway.close()
  assert.deepEqual((await within(left, 'the client has heard of it'))[0], 'transport close')
  const next = await startGatewayTo(t, [url], { listener: { port } })
  await within(once(socket as never, 'connect'), 'the client is connected again')
  assert.equal(next.gateway.status().tunnels, 1)
  assert.equal(server.engine.clientsCount, 1)
})
