import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { waitFor } from '../support/deadline.ts'
import { OK, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import type { Message, MessageReader } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { settled } from '../support/slow-bytes.ts'
import { inflightOf, startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const BIG = Buffer.alloc(2 ** 20, 'a')
const BIG_ANSWER = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${BIG.length}\r\n\r\n`),
  BIG,
])
const UPLOAD = `POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${BIG.length}\r\n\r\n`
const CHUNKED_UPLOAD = UPLOAD.replace(/Content-Length: .*/, 'Transfer-Encoding: chunked')

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`
}

/** Starts an endpoint that knows /hang, /big and /upload, and the connections it is busy on. */
async function startBusyEndpoint(t: TestContext) {
  const busy = new Set<Socket>()
  const read = async (requests: MessageReader, socket: Socket): Promise<Message | undefined> => {
    const head = await requests.head(60_000).catch(() => undefined)
    if (head === undefined) return undefined
    busy.add(socket)
    return head
  }
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    socket.on('close', () => busy.delete(socket))
    for (;;) {
      const head = await read(requests, socket)
      if (head === undefined) break
      if (head.startLine.startsWith('GET /hang')) return
      if (head.startLine.startsWith('POST')) await requests.body(head, 60_000)
      socket.write(head.startLine.startsWith('GET /big') ? BIG_ANSWER : OK, () =>
        busy.delete(socket),
      )
    }
    socket.end()
  })
  return Object.assign(endpoint, { busy })
}

const LEAVING: Readonly<Record<string, (socket: Socket) => unknown>> = {
  'ends its connection': (socket) => socket.end(),
  'destroys its connection': (socket) => socket.destroy(),
  'resets its connection': (socket) => socket.resetAndDestroy(),
}

for (const [lane, plugins] of Object.entries(LANES)) {
  for (const [how, leave] of Object.entries(LEAVING)) {
    describe(`${lane}: a client that ${how} frees the endpoint’s connection at once`, () => {
      /** What the client has sent when it leaves. */
      const moments: readonly (readonly [string, string])[] = [
        ['before the answer', get('/hang')],
        ['within an upload', UPLOAD + BIG.toString('latin1', 0, 300_000)],
        ['within an upload in chunks', `${CHUNKED_UPLOAD}5\r\nhello\r\n5\r\nhe`],
        ['between two chunks of an upload', `${CHUNKED_UPLOAD}5\r\nhello\r\n`],
        ['within a second, pipelined request', get('/hang') + get('/hang')],
        ['within a head behind a good request', `${get('/hang')}GET / HTTP/1.1\r\nHost`],
      ]
      for (const [when, bytes] of moments) {
        test(when, async (t) => {
          const endpoint = await startBusyEndpoint(t)
          const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
          const client = await RawClient.connect(t, port)
          client.send(bytes)
          await waitFor(() => endpoint.busy.size > 0, 'the endpoint is busy')
          assert(inflightOf(gateway) > 0)
          leave(client.socket)
          await waitFor(() => endpoint.busy.size === 0, 'the endpoint’s connection is closed')
          await whenIdle(gateway)
          await waitFor(() => gateway.status().connections === 0, 'no connection is left')
          assert.equal((await exchange(t, port, get('/')))?.body.toString(), 'ok')
        })
      }
    })
  }

  test(`${lane}: 200 clients that go away at any moment leave nothing behind`, async (t) => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
    t.diagnostic(`SEED=${seed}`)
    const rng = new SeededRng(seed)
    const endpoint = await startBusyEndpoint(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
    const leaves = Object.values(LEAVING)
    const one = async (): Promise<void> => {
      const kind = rng.below(4)
      const part = rng.unit()
      const leave = leaves[rng.below(leaves.length)]!
      const turns = rng.below(10)
      const client = await RawClient.connect(t, port)
      if (kind === 0) client.send(get('/big').slice(0, 1 + Math.floor(part * 30)))
      if (kind === 1) client.send(UPLOAD).send(BIG.subarray(0, Math.floor(part * BIG.length)))
      if (kind === 2) client.send(get('/hang'))
      if (kind === 3) {
        client.send(get('/big'))
        await waitFor(() => client.received > part * BIG.length, 'a part of the answer')
      }
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      leave(client.socket)
    }
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await one()
    }
    await Promise.all(Array.from({ length: 20 }, worker))
    await whenIdle(gateway)
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    await waitFor(() => endpoint.busy.size === 0, 'no connection of the endpoint is busy')
    for (let i = 0; i < 5; i++) {
      assert.equal((await exchange(t, port, get('/')))?.body.toString(), 'ok')
    }
    await whenIdle(gateway)
  })
}

test('an abort costs the endpoint its connection and no other', async (t) => {
  const endpoint = await startBusyEndpoint(t)
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  for (let i = 0; i < 10; i++) {
    const client = await RawClient.connect(t, port)
    client.send(get('/hang'))
    await waitFor(() => endpoint.busy.size === 1, 'the endpoint is busy')
    client.socket.destroy()
    await waitFor(() => endpoint.busy.size === 0, 'the endpoint’s connection is closed')
    await whenIdle(gateway)
  }
  await settled(() => endpoint.accepted)
  assert.equal(endpoint.accepted, 10)
})
