import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { retry } from 'sluice/plugins'
import { waitFor, within } from '../support/deadline.ts'
import { answerText, type Endpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

// An endpoint ends kept connections at the very moment at which POSTs go out on them. A POST that
// it cannot have seen is sent again; one that it may have seen never is.

const PATIENCE_MS = 60_000
// Fewer than a turn of the loop can tell apart, but not together with those of another gateway.
const IDLE_EACH = 475
const RETRYING = { upstream: { plugins: [retry()] } }

function post(body: string): string {
  return `POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

/** An endpoint that keeps its connections, and remembers the body of each POST that it reads. */
async function startKeeping(t: TestContext): Promise<Endpoint & { bodies: string[] }> {
  const bodies: string[] = []
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    while (!socket.destroyed) {
      const request = await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      if (request === undefined) return
      bodies.push(request.body.toString())
      socket.write(answerText(request.body.toString()))
    }
  })
  return Object.assign(endpoint, { bodies })
}

/** As many clients as kept connections: each has one answer that came at the same time. */
async function startClients(t: TestContext, port: number, count: number): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(t, port)))
  for (const client of clients) client.send(post('first'))
  for (const client of clients) assert.equal(statusOf(await client.answer()), 200)
  return clients
}

/**
 * What the gateway finds in one turn: a POST of each client, then the end of each kept connection,
 * in that order. Nothing of this process runs in between.
 */
function raceIn(clients: readonly RawClient[], kept: ReadonlySet<Socket>): void {
  for (const [number, client] of clients.entries()) client.send(post(`race ${number}`))
  for (const socket of [...kept]) socket.destroy()
}

describe('POSTs that meet the end of the kept connections they go out on', () => {
  test('are each sent once more under retry, and seen once', async (t) => {
    const endpoint = await startKeeping(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], RETRYING)
    const clients = await startClients(t, port, 2)
    assert.equal(endpoint.accepted, 2)
    raceIn(clients, endpoint.sockets)
    for (const [number, client] of clients.entries()) {
      assert.equal((await client.answer())?.body.toString(), `race ${number}`)
    }
    assert.deepEqual(endpoint.bodies.sort(), ['first', 'first', 'race 0', 'race 1'])
    assert.equal(endpoint.accepted, 4, 'each on a new connection')
    await whenIdle(gateway)
  })

  test('are sent once more without retry where they have no body, which nothing keeps', async (t) => {
    const endpoint = await startKeeping(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const clients = await startClients(t, port, 2)
    clients[0]?.send(post(''))
    clients[1]?.send(post('race'))
    for (const socket of [...endpoint.sockets]) socket.destroy()
    const statuses = await Promise.all(
      clients.map(async (client) => statusOf(await client.answer())),
    )
    assert.deepEqual(statuses, [200, 502])
    assert.deepEqual(endpoint.bodies, ['first', 'first', ''])
    await whenIdle(gateway)
  })

  test('are not sent again where so many sockets are open that a turn may not be one look', async (t) => {
    const endpoint = await startKeeping(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], RETRYING)
    const beside = await startGatewayTo(t, [endpoint.url])
    const idle = [port, beside.port].flatMap((each) => Array<number>(IDLE_EACH).fill(each))
    await Promise.all(idle.map((each) => RawClient.connect(t, each)))
    for (const each of [gateway, beside.gateway]) {
      await waitFor(() => each.status().connections >= IDLE_EACH, 'they are accepted')
    }
    // Last: a POST takes no connection that was idle for a second.
    const clients = await startClients(t, port, 2)
    raceIn(clients, endpoint.sockets)
    for (const client of clients) assert.equal(statusOf(await client.answer()), 502)
    assert.deepEqual(endpoint.bodies, ['first', 'first'])
    await whenIdle(gateway)
  })
})

/** Reads POSTs and answers most; often ends the connection then, or a moment later, whatever comes. */
const HASTY = `
const { parentPort } = require('node:worker_threads')
const seen = []
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (data) => {
    text += data.toString('latin1')
    for (let end = text.indexOf(';'); end >= 0; end = text.indexOf(';')) {
      seen.push(text.slice(text.indexOf('id='), end))
      text = text.slice(end + 1)
      if (Math.random() < 0.03) return socket.destroy()
      socket.write('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok')
      const haste = Math.random()
      if (haste < 0.1) setImmediate(() => socket.destroy())
      else if (haste < 0.3) setTimeout(() => socket.destroy(), Math.random() * 4)
    }
  })
})
parentPort.on('message', () => parentPort.postMessage(seen))
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('no POST is seen twice by an endpoint that ends its connections as it likes', async (t) => {
  const worker = new Worker(HASTY, { eval: true })
  t.after(() => worker.terminate())
  const said = () => new Promise((resolve) => worker.once('message', resolve))
  const endpoint = (await within(said(), 'the endpoint listens')) as number
  const { gateway, port } = await startGatewayTo(t, [`http://127.0.0.1:${endpoint}`], RETRYING)
  const answered: string[] = []
  let lost = 0
  const ask = async (name: number): Promise<void> => {
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 250; i++) {
      const id = `id=${name}-${i}`
      const status = statusOf(await client.send(post(`${id};`)).answer())
      if (status === 200) answered.push(id)
      else lost++
    }
    client.socket.destroy()
  }
  await Promise.all(Array.from({ length: 8 }, (_, name) => ask(name)))
  await whenIdle(gateway)
  worker.postMessage('report')
  const seen = (await within(said(), 'the endpoint reports')) as string[]
  assert.equal(new Set(seen).size, seen.length, 'none was seen twice')
  assert.deepEqual(
    answered.filter((id) => !seen.includes(id)),
    [],
    'what was answered was seen',
  )
  t.diagnostic(`${answered.length} answered, ${lost} lost and not sent again`)
})
