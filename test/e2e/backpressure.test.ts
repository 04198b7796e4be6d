import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { OK, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { bytesOut, settled } from '../support/slow-bytes.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const PART = Buffer.alloc(64 * 2 ** 10, 'a')
const TOTAL = 64 * 2 ** 20
// What the system's buffers of two connections on loopback take, and the gateway's own.
const MOST = 16 * 2 ** 20

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: bytes are taken no faster than they are given`, () => {
    test('an answer of 64 MiB to a client that stops reading, and goes on', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.next()
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${TOTAL}\r\n\r\n`)
        pour(socket)
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
      assert.equal(statusOf(await client.head()), 200)
      client.socket.pause()
      const [socket] = endpoint.sockets
      assert(socket)
      const taken = await settled(() => bytesOut(socket))
      t.diagnostic(`${taken} bytes taken`)
      assert(taken < MOST, `${taken} bytes were taken`)
      client.discard()
      client.socket.resume()
      await waitFor(() => client.received > TOTAL, 'the whole answer', 20_000)
      await whenIdle(gateway)
    })

    test('an upload of 64 MiB to an endpoint that stops reading, and goes on', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.head()
        requests.discard()
        socket.pause()
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${TOTAL}\r\n\r\n`)
      pour(client.socket)
      await waitFor(() => endpoint.sockets.size > 0, 'the endpoint is asked')
      const taken = await settled(() => bytesOut(client.socket))
      t.diagnostic(`${taken} bytes taken`)
      assert(taken < MOST, `${taken} bytes were taken`)
      const [socket] = endpoint.sockets
      socket?.resume()
      await waitFor(() => (socket?.bytesRead ?? 0) > TOTAL, 'the whole upload', 20_000)
      socket?.write(OK)
      assert.equal(statusOf(await client.answer()), 200)
      await whenIdle(gateway)
    })
  })
}

describe('a tunnel takes bytes no faster than they are given', () => {
  const SWITCH = 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n'
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'

  test('64 MiB to a client that stops reading, and goes on', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      socket.write(SWITCH)
      pour(socket)
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const client = await RawClient.connect(t, port)
    client.send(UPGRADE)
    assert.equal(statusOf(await client.head()), 101)
    client.socket.pause()
    const [socket] = endpoint.sockets
    assert(socket)
    const taken = await settled(() => bytesOut(socket))
    assert(taken < MOST, `${taken} bytes were taken`)
    client.discard()
    client.socket.resume()
    await waitFor(() => client.received > TOTAL, 'all bytes', 20_000)
    client.socket.destroy()
    await whenIdle(gateway)
  })

  test('64 MiB to an endpoint that stops reading, and goes on', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.head()
      requests.discard()
      socket.write(SWITCH)
      socket.pause()
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const client = await RawClient.connect(t, port)
    client.send(UPGRADE)
    assert.equal(statusOf(await client.head()), 101)
    pour(client.socket)
    const taken = await settled(() => bytesOut(client.socket))
    assert(taken < MOST, `${taken} bytes were taken`)
    const [socket] = endpoint.sockets
    socket?.resume()
    await waitFor(() => (socket?.bytesRead ?? 0) > TOTAL, 'all bytes', 20_000)
    client.socket.destroy()
    await whenIdle(gateway)
  })
})

/** Writes TOTAL bytes as fast as the other side takes them. */
function pour(socket: Socket): void {
  let left = TOTAL / PART.length
  const more = (): void => {
    while (left > 0) {
      left--
      if (!socket.write(PART)) return
    }
  }
  socket.on('drain', more)
  more()
}
