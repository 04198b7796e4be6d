import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { MALFORMED_BODIES } from './malformed-bodies.ts'
import { MALFORMED_HEADS } from './malformed-heads.ts'

const GOOD = 'GET /good HTTP/1.1\r\nHost: a.test\r\n\r\n'
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n'

const file = { after }
const endpoint = await startEndpoint(file)
const { gateway, port } = await startGatewayTo(file, [endpoint.url])

beforeEach(() => {
  endpoint.requests.length = 0
})

describe('a request with a malformed head is refused and never reaches an endpoint', () => {
  for (const { name, bytes, status } of MALFORMED_HEADS) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      const answer = await client.send(bytes + SMUGGLED).answer()
      assert.equal(statusOf(answer), status)
      assert.equal(headerOf(answer, 'content-type'), 'application/problem+json')
      assert.equal(headerOf(answer, 'connection'), 'close')
      assert.equal(await client.rest(), '')
      await whenIdle(gateway)
      assert.deepEqual(startLines(), [])
    })
  }
})

describe('a good request before a malformed one gets its own answer first', () => {
  for (const { name, bytes, status } of MALFORMED_HEADS) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      client.send(GOOD + bytes + SMUGGLED)
      assert.equal((await client.answer())?.body.toString(), 'ok')
      assert.equal(statusOf(await client.answer()), status)
      assert.equal(await client.rest(), '')
      await whenIdle(gateway)
      assert.deepEqual(startLines(), ['GET /good HTTP/1.1'])
    })
  }
})

describe('a request with a malformed body is refused and no endpoint takes it for a whole one', () => {
  for (const { name, bytes, status } of MALFORMED_BODIES) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      const answer = await client.send(bytes + SMUGGLED).answer()
      assert.equal(statusOf(answer), status)
      assert.equal(await client.rest(), '')
      await whenIdle(gateway)
      assert.deepEqual(startLines(), [])
    })
  }
})

describe('a malformed body that comes after its head is refused as well', () => {
  for (const { name, bytes, status } of MALFORMED_BODIES) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      const [head, body] = splitHead(bytes)
      client.send(head)
      await waitFor(() => gateway.status().exchanges > 0, 'the head was taken')
      client.send(body + SMUGGLED)
      assert.equal(statusOf(await client.answer()), status)
      assert.equal(await client.rest(), '')
      await whenIdle(gateway)
      assert.deepEqual(startLines(), [])
    })
  }
})

test('a refused client that leaves its side open is let go of', async (t) => {
  const client = await RawClient.connect(t, port)
  client.send('nonsense\r\n\r\n')
  assert.equal(statusOf(await client.answer()), 400)
  await waitFor(() => gateway.status().connections === 0, 'the connection is closed')
})

test('a body that breaks behind its early answer gets no second answer', async (t) => {
  const early = await startRawEndpoint(t, async (socket, requests) => {
    await requests.head()
    socket.write('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
  })
  const { gateway, port } = await startGatewayTo(t, [early.url])
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n')
  assert.equal(statusOf(await client.answer()), 401)
  client.send(`broken\r\n${SMUGGLED}`)
  assert.equal(await client.rest(), '')
  await whenIdle(gateway)
})

describe('a head that comes byte by byte is judged as if it came at once', () => {
  const few = MALFORMED_HEADS.filter(({ bytes }) => bytes.length < 100).slice(0, 10)
  for (const { name, bytes, status } of few) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      for (const byte of bytes) client.send(byte)
      assert.equal(statusOf(await client.answer()), status)
      assert.equal(await client.rest(), '')
      assert.deepEqual(startLines(), [])
    })
  }
})

function startLines(): string[] {
  return endpoint.requests.map(({ startLine }) => startLine)
}

function splitHead(bytes: string): [string, string] {
  const end = bytes.indexOf('\r\n\r\n') + 4
  return [bytes.slice(0, end), bytes.slice(end)]
}
