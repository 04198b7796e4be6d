import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { OK, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { bytesOut, pour, settled } from '../support/slow-bytes.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const TOTAL = 64 * 2 ** 20
// What the system's buffers of two connections on loopback take, and the gateway's own.
const MOST = 16 * 2 ** 20

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: bytes are taken no faster than they are given`, () => {
    test('an answer of 64 MiB to a client that stops reading, and goes on', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.next()
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${TOTAL}\r\n\r\n`)
        pour(socket, TOTAL)
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
      pour(client.socket, TOTAL)
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
