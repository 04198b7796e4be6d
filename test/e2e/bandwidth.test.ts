import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bind, CLOCK, LOGGER } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { bandwidthLimit, roundRobin } from 'sluice/plugins'
import { VirtualClock } from 'sluice/testing'
import type { Teardown } from '../support/teardown.ts'

const SIZE = 1_000_000
const RATE = 200_000
// What may go before the first wait: one read of a socket, or what a parser hands on at once.
const READ = 131_072
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Answers GET with SIZE bytes, other requests with how many came, and echoes what is upgraded. */
async function startPeer(t: Teardown): Promise<number> {
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
      res.end(Buffer.alloc(SIZE))
      return
    }
    let bytes = 0
    req.on('data', (piece: Buffer) => {
      bytes += piece.length
      arrived.bytes = bytes
    })
    req.on('end', () => res.end(String(bytes)))
  })
  server.on('upgrade', (_req, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const arrived = { bytes: 0 }

async function limited(t: Teardown, limits: { up?: number; down?: number }) {
  const clock = new VirtualClock()
  const peer = await startPeer(t)
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined).pipe(socket)
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  t.after(() => echo.close())
  const gateway = await createGateway<'http' | 'tcp'>({
    http: { port: 0, host: '127.0.0.1' },
    tcp: [{ port: 0, host: '127.0.0.1', to: 'tcp' }],
    upstreams: {
      http: { endpoints: [`http://127.0.0.1:${peer}`], balance: roundRobin() },
      tcp: {
        endpoints: [`tcp://127.0.0.1:${(echo.address() as AddressInfo).port}`],
        balance: roundRobin(),
      },
    },
    routes: [{ path: '/', to: 'http' }],
    plugins: [bandwidthLimit(limits)],
    provide: [bind(CLOCK, clock), bind(LOGGER, SILENT)],
  })
  const [http, tcp] = await gateway.listen()
  t.after(async () => {
    let isClosed = false
    const closed = gateway.close().then(() => {
      isClosed = true
    })
    // Its patience is virtual too.
    while (!isClosed) {
      clock.advance(1_000)
      await pause(1)
    }
    await closed
  })
  return { clock, port: http?.port ?? 0, tcpPort: tcp?.port ?? 0 }
}

/** Lets time pass until it is over, and sees to it that bytes never run ahead of it. */
async function paced(clock: VirtualClock, bytes: () => number, isOver: () => boolean) {
  const began = clock.now()
  const deadline = performance.now() + 20_000
  while (!isOver()) {
    assert.ok(performance.now() < deadline, `${bytes()} bytes in ${clock.now() - began} ms`)
    const allowed = ((clock.now() - began) * RATE) / 1_000 + READ
    assert.ok(bytes() <= allowed, `${bytes()} of ${allowed}`)
    await pause(2)
    clock.advance(50)
  }
  assert.equal(bytes(), SIZE)
  assert.ok(clock.now() - began >= ((SIZE - READ) / RATE) * 1_000)
}

test('an answer comes no faster than its rate', async (t) => {
  const { clock, port } = await limited(t, { down: RATE })
  let bytes = 0
  let isOver = false
  get({ port, host: '127.0.0.1', agent: false }, (res) => {
    res.on('data', (piece: Buffer) => {
      bytes += piece.length
    })
    res.on('end', () => {
      isOver = true
    })
  })
  await paced(
    clock,
    () => bytes,
    () => isOver,
  )
})

test('a body goes up no faster than its rate', async (t) => {
  const { clock, port } = await limited(t, { up: RATE })
  let answer = ''
  arrived.bytes = 0
  const req = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (res) => {
    res.on('data', (piece: Buffer) => {
      answer += piece
    })
  })
  req.end(Buffer.alloc(SIZE))
  await paced(
    clock,
    () => arrived.bytes,
    () => answer !== '',
  )
  assert.equal(answer, String(SIZE))
})

for (const way of ['up', 'down'] as const) {
  test(`a tunnel goes ${way} no faster than its rate`, async (t) => {
    const { clock, port } = await limited(t, { [way]: RATE })
    const req = request({
      port,
      host: '127.0.0.1',
      headers: { connection: 'upgrade', upgrade: 'echo' },
    })
    req.end()
    const [, socket] = (await once(req, 'upgrade')) as [unknown, Socket]
    t.after(() => socket.destroy())
    let bytes = 0
    socket.on('data', (piece: Buffer) => {
      bytes += piece.length
    })
    socket.write(Buffer.alloc(SIZE))
    await paced(
      clock,
      () => bytes,
      () => bytes === SIZE,
    )
  })

  test(`a TCP connection goes ${way} no faster than its rate`, async (t) => {
    const { clock, tcpPort } = await limited(t, { [way]: RATE })
    // Cut at the end, as what lasts is.
    const socket = connect(tcpPort, '127.0.0.1').on('error', () => undefined)
    t.after(() => socket.destroy())
    let bytes = 0
    socket.on('data', (piece: Buffer) => {
      bytes += piece.length
    })
    socket.write(Buffer.alloc(SIZE))
    await paced(
      clock,
      () => bytes,
      () => bytes === SIZE,
    )
  })
}
