import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Outcome } from '../../../core/contracts/flow.ts'
import type { EndpointSocket } from '../../../core/stream/endpoint-socket.ts'
import { Splice } from '../../../core/stream/splice.ts'
import type { LiveEndpoint } from '../../../core/upstream/endpoint.ts'
import { waitFor, within } from '../../support/deadline.ts'

const TERMS = { idleTimeoutMs: 0, onDown: 'keep' } as const

/** The two ends of one connection. */
async function pair(t: TestContext): Promise<{ outer: Socket; inner: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const outer = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  outer.on('error', () => undefined)
  const [inner] = (await within(once(server, 'connection'), 'a connection')) as [Socket]
  t.after(() => {
    outer.destroy()
    inner.destroy()
    server.close()
  })
  return { outer, inner }
}

async function splice(t: TestContext) {
  const [near, far] = [await pair(t), await pair(t)]
  const outcomes: Outcome[] = []
  const endpoint = {} as LiveEndpoint
  const side = { socket: far.inner, ready: 'connect' as const, onData: (_piece: Buffer) => true }
  far.inner.on('data', (piece: Buffer) => side.onData(piece)).pause()
  const joined = side as unknown as EndpointSocket
  const spliced = new Splice(near.inner, joined, endpoint, TERMS, (outcome) =>
    outcomes.push(outcome),
  )
  spliced.start(Buffer.alloc(0))
  return { client: near.outer, inner: near.inner, endpoint: far.outer, spliced, outcomes }
}

test('a client that has ended its side waits for its answer in peace', async (t) => {
  const { client, endpoint, spliced } = await splice(t)
  client.end('a question')
  endpoint.resume()
  await within(once(endpoint, 'end'), 'the end of the question')
  assert.equal(spliced.isEnding, false)
})

test('what a slow client has not taken is not counted as sent, so that it moves on', async (t) => {
  const { client, endpoint, spliced } = await splice(t)
  client.pause()
  const bytes = 8_000_000
  endpoint.end(Buffer.alloc(bytes))
  await waitFor(() => spliced.bytesDown > 0, 'bytes')
  const before = spliced.bytesDown
  assert(before < bytes)
  client.resume()
  await within(once(client, 'end'), 'the end')
  await waitFor(
    () => spliced.bytesDown === bytes,
    () => `all, got ${spliced.bytesDown}`,
  )
})

test('a cut takes nothing back of what was sent before the end', async (t) => {
  const { client, inner, endpoint, spliced, outcomes } = await splice(t)
  let received = 0
  client.pause()
  endpoint.end(Buffer.alloc(40_000))
  await waitFor(() => inner.writableFinished, 'the system has all of it')
  spliced.cut()
  await waitFor(() => outcomes.length === 1, 'the end')
  client.on('data', (piece) => {
    received += piece.length
  })
  client.resume()
  await within(once(client, 'end'), 'the end')
  assert.equal(received, 40_000)
})

test('a client that is destroyed by us blames nobody', async (t) => {
  const { inner, outcomes } = await splice(t)
  inner.destroy()
  await waitFor(() => outcomes.length === 1, 'the end')
  assert.deepEqual(outcomes, ['local'])
})
