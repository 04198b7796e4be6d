import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { waitFor } from '../support/deadline.ts'
import { startRawEndpoint } from '../support/endpoint-server.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

test('an endpoint is waited for once the client has sent all, and until the first byte', async (t) => {
  const told: string[] = []
  const diary = definePlugin({
    name: 'diary',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstream.observeWaits({
          awaited: () => told.push('awaited'),
          answered: () => told.push('answered'),
          missed: (_endpoint, outcome) => told.push(`missed: ${outcome}`),
        })
      },
    }),
  })
  let received = ''
  const endpoint = await startRawEndpoint(t, (socket) => {
    socket.on('data', (piece) => {
      received += piece
      if (received.endsWith('abcd')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no')
    })
  })
  const { port } = await startGatewayTo(t, [endpoint.url], { plugins: [diary()] })
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab')
  await waitFor(() => received.endsWith('ab'), 'half of the body is there')
  assert.deepEqual(told, [])
  client.send('cd')
  await waitFor(() => told.length === 2, 'it is waited for and answered')
  assert.deepEqual(told, ['awaited', 'answered'])
  client.socket.destroy()

  const second = await RawClient.connect(t, port)
  second.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await waitFor(() => told.length === 3, 'a request without a body is waited for at once')
  second.socket.destroy()
  await waitFor(() => told.length === 4, 'its client has gone')
  assert.deepEqual(told.slice(2), ['awaited', 'missed: client-abort'])
})
