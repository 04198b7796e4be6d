import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { waitFor, within } from '../support/deadline.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { RawClient } from '../support/raw-client.ts'
import { bytesOut, pour, settled } from '../support/slow-bytes.ts'
import { inflightOf, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { ask, startInVirtualTime, switched } from '../support/tunnel-gateway.ts'
import { openSocket, startEcho } from '../support/web-socket-echo.ts'

const SECOND = 1_000
const MOST = 16 * 2 ** 20
const TOTAL = 64 * 2 ** 20

/** An endpoint that takes an upgrade to `echo` and sends back what it gets. */
function startRawEcho(t: TestContext) {
  return startRawEndpoint(
    t,
    async (socket, requests) => {
      await requests.head()
      requests.discard()
      socket.write(switched('echo'))
      socket.on('data', (chunk) => socket.write(chunk))
    },
    { allowHalfOpen: true },
  )
}

async function openRaw(t: TestContext, port: number): Promise<RawClient> {
  const client = await RawClient.connect(t, port)
  await client.send(ask('echo')).head()
  return client
}

test('a tunnel without a byte either way for `timeouts.tunnel` is closed, one with some is not', async (t) => {
  const endpoint = await startRawEcho(t)
  const timeouts = { tunnel: '10s' as const }
  const { gateway, clock, port } = await startInVirtualTime(t, endpoint.url, {}, { timeouts })
  const client = await openRaw(t, port)
  for (let i = 0; i < 5; i++) {
    assert.equal(await client.send('beat').bytes(4), 'beat')
    clock.advance(9 * SECOND)
    assert.equal(gateway.status().tunnels, 1)
  }
  const ended = once([...endpoint.sockets][0] as Socket, 'end')
  clock.advance(2 * SECOND)
  assert.equal(await client.rest(), '')
  await within(ended, 'the endpoint’s side is closed')
  await whenIdle(gateway)
})

test('the client and the endpoint of an idle WebSocket are told why: 1001', async (t) => {
  const { url, sockets } = await startEcho(t)
  const { gateway, clock, port } = await startInVirtualTime(t, url)
  const socket = await openSocket(t, port)
  const [atEndpoint] = sockets.clients
  assert(atEndpoint)
  const closes = Promise.all([once(socket, 'close'), once(atEndpoint, 'close')])
  clock.advance(3_600 * SECOND)
  assert.equal(gateway.status().tunnels, 1)
  clock.advance(2 * SECOND)
  for (const [code, reason] of await within(closes, 'both sides are closed')) {
    assert.equal(code, 1001)
    assert.equal(String(reason), 'idle timeout')
  }
  await whenIdle(gateway)
})

test('a tunnel that one side has left is closed after a silent minute', async (t) => {
  const endpoint = await startRawEcho(t)
  const { gateway, clock, port } = await startInVirtualTime(t, endpoint.url)
  const client = await openRaw(t, port)
  const [socket] = endpoint.sockets
  assert(socket)
  const ended = once(socket, 'end')
  client.socket.end()
  await within(ended, 'the endpoint sees the end')
  clock.advance(59 * SECOND)
  assert.equal(inflightOf(gateway), 1)
  socket.write('still here')
  assert.equal(await client.bytes(10), 'still here')
  clock.advance(60 * SECOND)
  assert.equal(inflightOf(gateway), 1)
  clock.advance(3 * SECOND)
  await whenIdle(gateway)
})

test('what a side sent before it left reaches the other, however slowly that reads', async (t) => {
  const endpoint = await startRawEndpoint(
    t,
    async (socket, requests) => {
      await requests.head()
      requests.discard()
      socket.pause()
      socket.write(switched('echo'))
      socket.end('bye')
    },
    { allowHalfOpen: true },
  )
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  const client = await openRaw(t, port)
  const sent = 8 * 2 ** 20
  client.socket.end(Buffer.alloc(sent, 'a'))
  assert.equal(await client.rest(), 'bye')
  const [socket] = endpoint.sockets
  assert(socket)
  const before = socket.bytesRead
  socket.resume()
  await waitFor(() => socket.bytesRead - before >= sent - before, 'every byte comes', 20_000)
  await whenIdle(gateway)
  assert(socket.bytesRead >= sent)
})

for (const slow of ['client', 'endpoint'] as const) {
  test(`a ${slow} that does not read holds the other side back`, async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      requests.discard()
      socket.write(switched('echo'))
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const client = await openRaw(t, port)
    client.discard()
    const [socket] = endpoint.sockets
    assert(socket)
    const [from, to] = slow === 'client' ? [socket, client.socket] : [client.socket, socket]
    to.pause()
    const before = to.bytesRead
    pour(from, TOTAL)
    const taken = await settled(() => bytesOut(from))
    t.diagnostic(`${taken} bytes taken`)
    assert(taken < MOST, `${taken} bytes were taken`)
    to.resume()
    await waitFor(() => to.bytesRead - before >= TOTAL, 'all of it', 20_000)
    client.socket.destroy()
    await whenIdle(gateway)
  })
}
