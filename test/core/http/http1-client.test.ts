import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { VirtualClock } from 'sluice/testing'
import type {
  OutgoingRequest,
  RawHeaders,
  TransportFailure,
} from '../../../core/contracts/transport.ts'
import { Http1Client } from '../../../core/http/http1-client.ts'
import { waitFor } from '../../support/deadline.ts'
import { OK, type Serve, startRawEndpoint } from '../../support/endpoint-server.ts'
import { outgoing } from '../../support/outgoing-request.ts'

const PATIENCE_MS = 60_000

/** What one call told. */
interface Told {
  status?: number
  headers?: RawHeaders
  body: string
  isWhole: boolean
  failure?: TransportFailure
}

interface Differences {
  maxIdle?: number
  idleMs?: number
  responseTimeoutMs?: number
  idleTimeoutMs?: number
}

/** A client of one endpoint in virtual time. */
async function start(t: TestContext, serve: Serve, differences: Differences = {}) {
  const endpoint = await startRawEndpoint(t, serve)
  const clock = new VirtualClock()
  const {
    maxIdle = 10,
    idleMs = 60_000,
    responseTimeoutMs = 60_000,
    idleTimeoutMs = 60_000,
  } = differences
  const client = new Http1Client(
    {
      url: endpoint.url,
      connectTimeoutMs: 5_000,
      responseTimeoutMs,
      idleTimeoutMs,
      protocol: 'h1',
      tls: { ca: '', cert: '', key: '', servername: '', insecure: false },
      connections: { maxIdle, idleMs },
    },
    clock,
  )
  t.after(() => client.destroy())
  const send = (asked: Partial<OutgoingRequest> = {}, whenWhole: () => void = () => undefined) => {
    const told: Told = { body: '', isWhole: false }
    const call = client.send(outgoing(asked), {
      head(status, _text, headers) {
        told.status = status
        told.headers = headers
      },
      data(chunk) {
        told.body += chunk.toString('latin1')
        return true
      },
      end() {
        told.isWhole = true
        whenWhole()
      },
      upgraded: (_text, _headers, socket) => socket.destroy(),
      failed(failure) {
        told.failure = failure
      },
    })
    const ended = () =>
      waitFor(() => told.isWhole || told.failure !== undefined, 'the call is over')
    return { told, call, ended }
  }
  return { endpoint, clock, client, send }
}

/** Answers each request with these bytes. */
function answering(bytes: string): Serve {
  return async (socket, requests) => {
    for (;;) {
      const request = await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      if (request === undefined) break
      socket.write(bytes)
    }
    socket.end()
  }
}

test('a connection is used again, the last one first', async (t) => {
  const { send, endpoint } = await start(t, answering(OK))
  for (let i = 0; i < 3; i++) await send().ended()
  assert.equal(endpoint.accepted, 1)
  const both = [send(), send()]
  for (const { ended } of both) await ended()
  assert.equal(endpoint.accepted, 2)
})

test('a fresh connection is opened for who asks for one', async (t) => {
  const { send, endpoint } = await start(t, answering(OK))
  await send().ended()
  await send({ fresh: true }).ended()
  assert.equal(endpoint.accepted, 2)
})

test('an idle connection is given up after its time', async (t) => {
  const { send, endpoint, clock } = await start(t, answering(OK), { idleMs: 2_000 })
  await send().ended()
  clock.advance(1_999)
  assert.equal(endpoint.sockets.size, 1)
  clock.advance(1)
  await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
})

test('an idle connection is given up a second before the endpoint would', async (t) => {
  const hint = OK.replace('\r\n\r\n', '\r\nkeep-alive: timeout=5\r\n\r\n')
  const { send, endpoint, clock } = await start(t, answering(hint))
  await send().ended()
  clock.advance(4_000)
  await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
})

test('the endpoint’s own patience counts also where the config has no limit', async (t) => {
  const hint = OK.replace('\r\n\r\n', '\r\nkeep-alive: timeout=5\r\n\r\n')
  const { send, endpoint, clock } = await start(t, answering(hint), { idleMs: 0 })
  await send().ended()
  clock.advance(4_000)
  await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
})

test('an idle connection without any time stays', async (t) => {
  const { send, endpoint, clock } = await start(t, answering(OK), { idleMs: 0 })
  await send().ended()
  clock.advance(24 * 3_600_000)
  await send().ended()
  assert.equal(endpoint.accepted, 1)
})

test('no more connections stay idle than may', async (t) => {
  const { send, endpoint } = await start(t, answering(OK), { maxIdle: 1 })
  const three = [send(), send(), send()]
  for (const { ended } of three) await ended()
  await waitFor(() => endpoint.sockets.size === 1, 'one connection is left')
})

test('a request that must not be sent twice takes no connection that was idle for long', async (t) => {
  const { send, endpoint, clock } = await start(t, answering(OK))
  await send().ended()
  clock.advance(1_001)
  await send().ended()
  assert.equal(endpoint.accepted, 1)
  clock.advance(1_001)
  await send({ method: 'POST' }).ended()
  assert.equal(endpoint.accepted, 2)
})

test('bytes behind an answer cost the connection, not the answer', async (t) => {
  const { send, endpoint } = await start(t, answering(`${OK}HTTP/1.1 200 OK\r\n\r\n`))
  const { told, ended } = send()
  await ended()
  assert.deepEqual([told.body, told.isWhole], ['ok', true])
  await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
  await send().ended()
  assert.equal(endpoint.accepted, 2)
})

test('bytes on an idle connection cost it', async (t) => {
  const { send, endpoint } = await start(t, async (socket, requests) => {
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    socket.write(OK)
    setImmediate(() => socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n'))
  })
  await send().ended()
  await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
})

test('the first byte has its time from the last one of the request', async (t) => {
  const { send, clock, endpoint } = await start(t, (_socket, requests) => requests.head(), {
    responseTimeoutMs: 1_000,
  })
  const { told, ended } = send()
  await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1_000)
  await ended()
  const { outcome, code, sent, reused } = told.failure as TransportFailure
  assert.deepEqual([outcome, code, sent, reused], ['timeout', 'ENDPOINT_TIMEOUT', 'all', false])
})

test('an interim answer does not end the time for the first byte of the real one', async (t) => {
  const { send, clock, endpoint } = await start(t, sayingEarly, {
    responseTimeoutMs: 5_000,
    idleTimeoutMs: 1_000,
  })
  const { told, ended } = send()
  await heard(endpoint)
  clock.advance(4_999)
  assert.deepEqual([told.failure], [undefined])
  clock.advance(1)
  await ended()
  assert.deepEqual([told.failure?.outcome, told.failure?.code], ['timeout', 'ENDPOINT_TIMEOUT'])
})

test('an interim answer within a slow upload takes none of the endpoint’s time', async (t) => {
  const { send, clock, endpoint } = await start(t, sayingEarly, {
    responseTimeoutMs: 5_000,
    idleTimeoutMs: 1_000,
  })
  const body = new Readable({ read() {} })
  const { told, ended } = send({ method: 'PUT', body })
  body.push('half')
  await heard(endpoint)
  clock.advance(60_000)
  assert.deepEqual([told.failure], [undefined])
  body.push(null)
  for (const socket of endpoint.sockets) socket.write(OK)
  await ended()
  assert.deepEqual([told.status, told.body], [200, 'ok'])
})

test('a request that is sent from within the end of an answer has a time of its own', async (t) => {
  const serve: Serve = async (socket, requests) => {
    await requests.head()
    socket.write(OK)
  }
  const { send, clock, endpoint } = await start(t, serve, {
    responseTimeoutMs: 5_000,
    idleTimeoutMs: 1_000,
  })
  let second: ReturnType<typeof send> | undefined
  const first = send({}, () => {
    second = send()
  })
  await first.ended()
  assert.equal(endpoint.accepted, 1)
  clock.advance(4_999)
  assert.deepEqual([second?.told.failure], [undefined])
  clock.advance(1)
  await second?.ended()
  assert.equal(second?.told.failure?.outcome, 'timeout')
})

const WRONG: readonly (readonly [name: string, sent: string])[] = [
  ['shorter', 'abc'],
  ['longer', 'abcdefg'],
]

for (const [name, sent] of WRONG) {
  test(`a body that is ${name} than its head says leaves no connection behind`, async (t) => {
    const { send, endpoint } = await start(t, async (socket, requests) => {
      await requests.head()
      // Answers early: the answer is whole whatever becomes of the body.
      socket.write(OK)
    })
    const headers = ['host', 'a.test', 'content-length', '5']
    const { ended } = send({ method: 'PUT', headers, body: Readable.from([Buffer.from(sent)]) })
    await ended()
    await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
    const next = send()
    await next.ended()
    assert.deepEqual([next.told.body, endpoint.accepted], ['ok', 2])
  })
}

test('an upload that the endpoint does not take is given up', async (t) => {
  const { send, clock } = await start(t, (socket) => socket.pause(), { idleTimeoutMs: 1_000 })
  const piece = Buffer.alloc(65_536)
  const body = new Readable({
    read() {
      this.push(piece)
    },
  })
  const { told, ended } = send({ method: 'PUT', body })
  let sent = 0
  await waitFor(() => {
    const before = sent
    sent = body.readableLength
    return before === sent && body.isPaused()
  }, 'the endpoint is full')
  clock.advance(1_000)
  await ended()
  assert.deepEqual([told.failure?.outcome, told.failure?.sent], ['timeout', 'part'])
  assert.ok(body.destroyed)
})

test('an answer given up near its end costs no connection', async (t) => {
  const { send, endpoint } = await start(t, answering(OK.replace('length: 2', 'length: 7')))
  const first = send()
  await waitFor(() => first.told.body !== '', 'a part of the answer')
  first.call.abort()
  for (const socket of endpoint.sockets) socket.write('34567')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(first.told.isWhole, false)
  assert.equal(endpoint.sockets.size, 1)
})

test('a connection that ended before a POST was sent had none of it', async (t) => {
  const sockets: Socket[] = []
  const { send, endpoint } = await start(t, async (socket, requests) => {
    sockets.push(socket)
    await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    socket.write(OK)
  })
  await send().ended()
  assert.equal(endpoint.accepted, 1)
  // Two sockets become readable in one turn: first this one, then the connection that ends.
  const trigger = await pair(t)
  const sentAt = new Promise<ReturnType<typeof send>>((resolve) => {
    trigger.near.once('data', () => resolve(send({ method: 'POST', prompt: true })))
  })
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  trigger.far.write('x')
  sockets[0]?.destroy()
  const { told, ended } = await sentAt
  await ended()
  assert.deepEqual([told.failure?.sent, told.failure?.reused], ['nothing', true])
})

/** Says something before the answer, and leaves that to the test. */
const sayingEarly: Serve = (socket) => {
  socket.once('data', () => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'))
}

/** Waits until what the endpoint wrote has been read. */
async function heard({ sockets }: { sockets: ReadonlySet<Socket> }): Promise<void> {
  await waitFor(() => [...sockets].some(({ bytesWritten }) => bytesWritten > 0), 'it spoke')
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Two ends of one connection. */
async function pair(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'connect')])) as [
    [Socket],
    unknown,
  ]
  t.after(() => {
    far.destroy()
    near.destroy()
    server.close()
  })
  return { near, far }
}
