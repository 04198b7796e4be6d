import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { Gateway } from 'sluice/gateway'
import { waitFor, within } from '../support/deadline.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import type { MessageReader } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { ask, startInVirtualTime, switched } from '../support/tunnel-gateway.ts'
import { openSocket, startEcho } from '../support/web-socket-echo.ts'

const SLOT_MS = 250
const CLIENTS = 20
// FIN and opcode 8, 17 bytes: 1012 and the reason.
const TOLD = '\x88\x11\x03\xf4service restart'
const MASKED_HEAD = '\x88\x91'
const HELLO = '\x82\x05hello'

/** A WebSocket whose both ends are written by hand. */
async function startRaw(t: TestContext, config: Parameters<typeof startInVirtualTime>[2] = {}) {
  let requests: MessageReader | undefined
  const endpoint = await startRawEndpoint(
    t,
    async (socket, reader) => {
      requests = reader
      await reader.head()
      socket.write(switched('websocket'))
    },
    { allowHalfOpen: true },
  )
  const made = await startInVirtualTime(t, endpoint.url, config)
  const client = await RawClient.connect(t, made.port)
  await client.send(ask('websocket')).head()
  const [socket] = endpoint.sockets
  assert(socket && requests)
  /** Bytes have got through when those behind them have. */
  const say = async (bytes: string): Promise<string> => {
    socket.write(Buffer.from(bytes, 'latin1'))
    return client.bytes(bytes.length)
  }
  return { ...made, client, endpoint: { socket, requests }, say }
}

/** Begins to close a gateway, and gives it the turn in which it begins to drain. */
async function stop(gateway: Gateway): Promise<{ readonly done: Promise<unknown> }> {
  const done = gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  return { done }
}

describe('a stop asks WebSockets to go', () => {
  test('one by one over the time there is, with 1012, and waits until they have', async (t) => {
    const { url, sockets } = await startEcho(t)
    const { gateway, clock, port, logged } = await startInVirtualTime(t, url)
    const codes: number[] = []
    const codesAtEndpoint: number[] = []
    sockets.on('connection', (socket) => socket.on('close', (code) => codesAtEndpoint.push(code)))
    for (let i = 0; i < CLIENTS; i++) {
      const socket = await openSocket(t, port)
      socket.on('close', (code) => codes.push(code))
    }
    const closed = await stop(gateway)
    for (let slot = 1; slot < CLIENTS; slot++) {
      const left = () => gateway.status().tunnels
      const told = Math.max(1, slot - 1)
      await waitFor(() => left() <= CLIENTS - told, `slot ${slot}`)
      assert(left() >= CLIENTS - slot, `${left()} are left in slot ${slot}`)
      clock.advance(SLOT_MS)
    }
    clock.advance(SLOT_MS)
    await within(closed.done, 'the gateway is closed before its time is up')
    const all = new Array(CLIENTS).fill(1012)
    await waitFor(() => codes.length === CLIENTS, 'every client is told')
    assert.deepEqual(codes, all)
    assert.deepEqual(codesAtEndpoint, all)
    assert.deepEqual(
      logged.map(({ level, message, fields }) => [level, message, fields]),
      [
        ['info', 'draining', { exchanges: 0, tunnels: 2, leftMs: 5_000 }],
        ['info', 'WebSockets were asked to reconnect', { tunnels: CLIENTS }],
        ['info', 'drained, nothing was cut', { exchanges: 0, tunnels: 0, tookMs: 5_000 }],
      ],
    )
  })

  test('and what a client still sent before its answer reaches the endpoint', async (t) => {
    const { gateway, client, endpoint } = await startRaw(t)
    const closed = await stop(gateway)
    assert.equal(await client.bytes(TOLD.length), TOLD)
    const last = '\x82\x85\0\0\0\0later\x88\x82\0\0\0\0\x03\xf4'
    client.send(last)
    assert.equal(await endpoint.requests.bytes(last.length), last)
    endpoint.socket.end('\x88\x02\x03\xf4', 'latin1')
    assert.equal(await client.rest(), '', 'nothing follows a close frame')
    client.socket.end()
    await within(closed.done, 'the gateway is closed')
  })

  test('behind the frame that is under way', async (t) => {
    const { gateway, client, endpoint, say } = await startRaw(t)
    await say(HELLO.slice(0, 4))
    const closed = await stop(gateway)
    endpoint.socket.write(`${HELLO.slice(4)}\x82\x03lost`, 'latin1')
    assert.equal(await client.bytes(3), 'llo')
    assert.equal(await client.bytes(TOLD.length), TOLD)
    endpoint.socket.end()
    client.socket.end()
    assert.equal(await client.rest(), '')
    await within(closed.done, 'the gateway is closed')
  })

  test('between the fragments of a message', async (t) => {
    const { gateway, client, endpoint, say } = await startRaw(t)
    await say('\x01\x03one')
    const closed = await stop(gateway)
    assert.equal(await client.bytes(TOLD.length), TOLD)
    client.socket.end()
    endpoint.socket.end()
    await within(closed.done, 'the gateway is closed')
  })

  test('but not one whose endpoint has said goodbye already', async (t) => {
    const { gateway, client, endpoint, say } = await startRaw(t)
    const goodbye = '\x88\x02\x03\xe8'
    await say(goodbye)
    const closed = await stop(gateway)
    endpoint.socket.end()
    client.socket.end()
    assert.equal(await client.rest(), '')
    await within(closed.done, 'the gateway is closed')
  })

  test('and the endpoint of a client that leaves without a word is told too', async (t) => {
    const { gateway, client, endpoint } = await startRaw(t)
    const closed = await stop(gateway)
    assert.equal(await client.bytes(TOLD.length), TOLD)
    client.socket.end()
    const rest = await endpoint.requests.rest()
    assert.equal(rest.slice(0, 2), MASKED_HEAD)
    assert.equal(unmasked(rest), TOLD.slice(2))
    endpoint.socket.end()
    await within(closed.done, 'the gateway is closed')
  })
})

describe('at the end of shutdownTimeout', () => {
  test('a WebSocket that did not go is cut, its endpoint told', async (t) => {
    const { gateway, clock, client, endpoint, logged } = await startRaw(t)
    const closed = await stop(gateway)
    assert.equal(await client.bytes(TOLD.length), TOLD)
    clock.advance(10_000)
    assert.equal(unmasked(await endpoint.requests.rest()), TOLD.slice(2))
    assert.equal(await client.rest(), '')
    await within(closed.done, 'the gateway is closed')
    assert.deepEqual(
      logged.map(({ level, fields }) => [level, fields]),
      [
        ['info', { exchanges: 0, tunnels: 1, leftMs: 5_000 }],
        ['info', { tunnels: 1 }],
        ['warn', { exchanges: 0, tunnels: 1, tookMs: 10_000 }],
      ],
    )
  })

  test('one within a frame is cut without a word that would be taken for payload', async (t) => {
    const { gateway, clock, client, say } = await startRaw(t)
    await say(HELLO.slice(0, 4))
    const closed = await stop(gateway)
    clock.advance(10_000)
    assert.equal(await client.rest(), '')
    await within(closed.done, 'the gateway is closed')
  })

  test('another protocol has gone on undisturbed until then', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      socket.write(switched('echo'))
      socket.write(await requests.bytes(4))
    })
    const { gateway, clock, port } = await startInVirtualTime(t, endpoint.url)
    const client = await RawClient.connect(t, port)
    await client.send(ask('echo')).head()
    const closed = await stop(gateway)
    clock.advance(9_000)
    assert.equal(await client.send('ping').bytes(4), 'ping')
    clock.advance(1_000)
    assert.equal(await client.rest(), '')
    await within(closed.done, 'the gateway is closed')
  })

  test('without any time, WebSockets are told and cut at once', async (t) => {
    const { gateway, clock, client } = await startRaw(t, { shutdownTimeout: 0 })
    const closed = await stop(gateway)
    clock.advance(0)
    assert.equal(await client.rest(), TOLD)
    await within(closed.done, 'the gateway is closed')
  })
})

test('a WebSocket that opens while the gateway stops is told at once', async (t) => {
  let accept = (): void => undefined
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    accept = () => socket.write(switched('websocket'))
  })
  const { gateway, port } = await startInVirtualTime(t, endpoint.url)
  const client = await RawClient.connect(t, port)
  client.send(ask('websocket'))
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
  const asked = [...endpoint.sockets][0]
  await waitFor(() => (asked?.bytesRead ?? 0) > 0, 'the endpoint has read')
  const closed = await stop(gateway)
  accept()
  await client.head()
  assert.equal(await client.bytes(TOLD.length), TOLD)
  client.socket.end()
  for (const socket of endpoint.sockets) socket.end()
  await within(closed.done, 'the gateway is closed')
})

function unmasked(frame: string): string {
  const bytes = Buffer.from(frame, 'latin1')
  const key = bytes.subarray(2, 6)
  return Buffer.from(bytes.subarray(6).map((byte, i) => byte ^ (key[i & 3] as number))).toString(
    'latin1',
  )
}
