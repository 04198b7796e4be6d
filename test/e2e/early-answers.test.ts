import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { within } from '../support/deadline.ts'
import { OK, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const PART = Buffer.alloc(2 ** 20, 'a')
const PARTS = 5

/** What an endpoint does as soon as it has the head of an upload. */
const EARLY: readonly (readonly [string, number, (socket: Socket) => unknown])[] = [
  [
    'answers 401 and reads on',
    401,
    (socket) => socket.write('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n'),
  ],
  [
    'answers 413 and ends',
    413,
    (socket) =>
      socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig'),
  ],
  [
    'answers 413 and resets the connection',
    413,
    (socket) => {
      socket.pause()
      const text = 'HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig'
      socket.write(text, () => socket.destroy())
    },
  ],
  [
    'answers 413 in chunks and reads no more',
    413,
    (socket) => {
      socket.pause()
      socket.write(
        'HTTP/1.1 413 Too Large\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbig\r\n0\r\n\r\n',
      )
    },
  ],
]

const FRAMES = {
  'with its length': `Content-Length: ${PART.length * PARTS}`,
  'in chunks': 'Transfer-Encoding: chunked',
}

for (const [lane, plugins] of Object.entries(LANES)) {
  for (const [framing, line] of Object.entries(FRAMES)) {
    const isChunked = framing === 'in chunks'
    const head = `POST / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`

    describe(`${lane}: an upload ${framing} goes on while the endpoint`, () => {
      for (const [name, status, answerEarly] of EARLY) {
        test(name, async (t) => {
          const endpoint = await startRawEndpoint(t, async (socket, requests, number) => {
            if (number === 0) {
              await requests.head()
              answerEarly(socket)
              return
            }
            while ((await requests.next().catch(() => undefined)) !== undefined) socket.write(OK)
          })
          const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
          const client = await RawClient.connect(t, port)
          client.send(head)
          await send(client.socket, isChunked)
          assert.equal(statusOf(await client.answer()), status)
          for (let part = 1; part < PARTS; part++) await send(client.socket, isChunked)
          if (isChunked) client.send('0\r\n\r\n')
          await whenIdle(gateway)
          assert.equal((await exchange(t, port, GET))?.body.toString(), 'ok')
          await whenIdle(gateway)
        })
      }
    })
  }
}

/** Sends one part of the upload and waits until it is on its way, or cannot be sent any more. */
async function send(socket: Socket, isChunked: boolean): Promise<void> {
  if (!socket.writable) return
  if (isChunked) socket.write(`${PART.length.toString(16)}\r\n`)
  const isTaken = socket.write(PART)
  if (isChunked) socket.write('\r\n')
  if (isTaken) return
  const gone = once(socket, 'close')
  await within(Promise.race([once(socket, 'drain'), gone]), 'the gateway takes the upload')
}

test('an endpoint that resets within its answer and an upload cuts the client at once', async (t) => {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.pause()
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', () => {
      setImmediate(() => socket.destroy())
    })
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.connect(t, port)
    client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${PART.length}\r\n\r\n`)
    client.send(PART)
    assert.equal((await client.answer())?.isWhole, false)
    client.socket.destroy()
    await whenIdle(gateway)
  }
})
