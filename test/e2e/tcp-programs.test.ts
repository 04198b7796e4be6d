import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { definePlugin, type Peer, Type } from 'sluice'
import { healthCheck, leastConnections, retry, roundRobin } from 'sluice/plugins'
import { readProxyHeader } from '../../core/stream/proxy-header.ts'
import { A, B, CA } from '../support/certificates.ts'
import { command } from '../support/command.ts'
import { waitFor, within } from '../support/deadline.ts'
import { skipWithout } from '../support/programs.ts'
import { freePort, startHaproxy, startNginx, startProgram } from '../support/proxies.ts'
import { startRedis } from '../support/redis-server.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startTcpEndpoint, startTcpGateway, TcpClient } from '../support/tcp.ts'

const MIB = 1_048_576
const PATIENCE_MS = 30_000

/** Runs a program to its end, however it ends; gives what it printed. */
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const running = command(program, args)
  await within(running.ended, `the end of ${program}`, PATIENCE_MS)
  return running.output()
}

/** Runs a program to its end; gives what it printed. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const running = command(program, args)
  const code = await within(running.ended, `the end of ${program}`, PATIENCE_MS)
  assert.equal(code, 0, running.output() + running.errors())
  return running.output()
}

describe('redis-benchmark', { skip: skipWithout('redis-server') }, () => {
  test('goes on through one of two Redis servers when the other is killed under load', async (t) => {
    const [dying, living] = [await startRedis(t), await startRedis(t)]
    const { gateway, port } = await startTcpGateway(
      t,
      [`tcp://127.0.0.1:${dying.port}`, `tcp://127.0.0.1:${living.port}`],
      {},
      {
        balance: leastConnections(),
        plugins: [retry(), healthCheck({ type: 'tcp', interval: '200ms', rise: 1, fall: 1 })],
      },
    )
    const words = ['-p', `${port}`, '-t', 'set', '-d', '64', '-q']
    await run('redis-benchmark', ...words, '-c', '20', '-n', '20000')
    const broken = command('redis-benchmark', [...words, '-c', '20', '-n', '10000000'])
    await waitFor(() => gateway.status().streams >= 20, 'the load')
    await dying.stop()
    await within(broken.ended, 'connections to the one that is gone break', PATIENCE_MS)
    const isDown = () => gateway.status().upstreams.it?.endpoints.some(({ ready }) => !ready)
    await waitFor(() => isDown() === true, 'the check notices')
    await run('redis-benchmark', ...words, '-c', '5', '-n', '1000', '-k', '0')
    assert.match(await living.say('DBSIZE'), /^:[1-9]/)
  })
})

describe('curl and two nginx', { skip: skipWithout('nginx') || skipWithout('curl') }, () => {
  test('TLS is passed through by name, verified end to end', async (t) => {
    const [portA, portB] = [await freePort(), await freePort()]
    await startNginx(t, portA, A, 'this is a')
    await startNginx(t, portB, B, 'this is b')
    const folder = mkdtempSync(join(tmpdir(), 'sluice-ca-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'ca.pem'), CA)
    const balance = roundRobin()
    const { port } = await startGateway<'a' | 'b'>(t, {
      tcp: [
        {
          port: 0,
          host: '127.0.0.1',
          routes: [
            { serverName: 'a.test', to: 'a' },
            { serverName: 'b.test', to: 'b' },
          ],
        },
      ],
      upstreams: {
        a: { endpoints: [`tcp://127.0.0.1:${portA}`], balance },
        b: { endpoints: [`tcp://127.0.0.1:${portB}`], balance },
      },
      shutdownTimeout: '500ms',
    })
    for (const name of ['a', 'b']) {
      const url = `https://${name}.test:${port}/`
      const there = ['--connect-to', `${name}.test:${port}:127.0.0.1:${port}`]
      const ca = ['--cacert', join(folder, 'ca.pem')]
      assert.equal(
        await run('curl', '-sS', '--noproxy', '*', ...there, ...ca, url),
        `this is ${name}`,
      )
    }
  })
})

describe('HAProxy', { skip: skipWithout('haproxy') }, () => {
  test('in front says who its client is, in PROXY v2', async (t) => {
    const seen: Peer[] = []
    const plugin = definePlugin({
      name: 'peers',
      options: Type.Object({}),
      create: () => ({ stream: (_flow, peer) => seen.push(peer) > 0 }),
    })()
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [echo.url], {
      proxyProtocol: { trust: ['127.0.0.1'] },
      plugins: [plugin],
    })
    const front = await freePort()
    await startHaproxy(
      t,
      front,
      `listen front\n bind 127.0.0.1:${front}\n server gateway 127.0.0.1:${port} send-proxy-v2\n`,
    )
    const client = await TcpClient.connect(t, front, '127.0.0.9')
    client.socket.end('through')
    assert.equal(await client.end(), 'through')
    const { port: clientPort } = client.socket.address() as { port: number }
    assert(
      seen.some((peer) => peer.address === '127.0.0.9' && peer.port > 0),
      String(clientPort),
    )
  })

  test('behind is told who the client is, in PROXY v2', async (t) => {
    let got = Buffer.alloc(0)
    const endpoint = await startTcpEndpoint(t, (socket) => {
      socket.on('data', (piece) => {
        got = Buffer.concat([got, piece])
      })
    })
    const behind = await freePort()
    await startHaproxy(
      t,
      behind,
      `listen behind\n bind 127.0.0.1:${behind} accept-proxy\n server it ${endpoint.url.slice(6)} send-proxy-v2\n`,
    )
    const { port } = await startTcpGateway(
      t,
      [`tcp://127.0.0.1:${behind}`],
      {},
      { proxyProtocol: 'v2' },
    )
    const client = await TcpClient.connect(t, port, '127.0.0.9')
    client.socket.write('x')
    await waitFor(() => got.at(-1) === 120, 'what was sent')
    const read = readProxyHeader(got)
    assert(typeof read === 'object')
    assert.equal(read.source?.address, '127.0.0.9')
  })
})

describe('iperf3', { skip: skipWithout('iperf3') }, () => {
  test('sends and receives through the gateway', async (t) => {
    const there = await freePort()
    await startProgram(t, there, () => ['iperf3', '-s', '-p', `${there}`])
    const { port } = await startTcpGateway(t, [`tcp://127.0.0.1:${there}`])
    for (const way of [[], ['-R']]) {
      // What is under way when the time is up counts as sent only.
      const words = ['-c', '127.0.0.1', '-p', `${port}`, '-n', '64M', '-P', '2', '-J', ...way]
      let report = JSON.parse(await outputOf('iperf3', words))
      // It needs a moment between two clients, of which whoever looked whether it is up was one.
      for (let tries = 0; report.error !== undefined && tries < 50; tries++) {
        report = JSON.parse(await outputOf('iperf3', words))
      }
      assert(report.end.sum_received.bytes >= 32 * MIB, JSON.stringify(report.end))
    }
  })
})

describe('what a listener has to bear', () => {
  test('thousands of idle connections', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [echo.url])
    // Each takes four sockets of this one process.
    const count = 2_000
    const open = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1')
      t.after(() => socket.destroy())
      socket.write('x')
      await within(once(socket, 'data'), 'an echo', PATIENCE_MS)
      return socket
    }
    const sockets: Socket[] = []
    while (sockets.length < count) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, open))))
    }
    assert.equal(gateway.status().streams, count)
    const [last] = sockets.slice(-1)
    last?.write('y')
    await within(once(last as Socket, 'data'), 'an echo')
    for (const socket of sockets) socket.end()
    await waitFor(() => gateway.status().streams === 0, 'all are gone', PATIENCE_MS)
  })

  test('a scanner’s garbage, slow greetings and clients that end one side', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { gateway, port } = await startGateway<'it'>(t, {
      tcp: [
        {
          port: 0,
          host: '127.0.0.1',
          routes: [{ serverName: 'a.test', to: 'it' }],
          openingTimeout: 200,
        },
      ],
      upstreams: { it: { endpoints: [echo.url], balance: roundRobin() } },
      shutdownTimeout: '500ms',
    })
    const clients = await Promise.all(Array.from({ length: 60 }, () => TcpClient.connect(t, port)))
    for (const [i, { socket }] of clients.entries()) {
      socket.once('end', () => socket.end())
      if (i % 4 === 0) socket.write(randomBytes(300))
      else if (i % 4 === 1) socket.write(Buffer.from([22, 3, 1, 2]))
      else if (i % 4 === 2) socket.end()
    }
    await Promise.all(clients.map((client) => client.closed()))
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    assert.equal(gateway.status().streams, 0)
    assert.equal(echo.sockets.length, 0)
  })

  test('a large transfer to a slow reader, in flat memory', async (t) => {
    const total = 256 * MIB
    const chunk = Buffer.alloc(MIB)
    let sent = 0
    const endpoint = await startTcpEndpoint(t, (socket) => {
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length
          if (!socket.write(chunk)) return
        }
        socket.end()
      }
      socket.on('drain', more)
      more()
    })
    const { port } = await startTcpGateway(t, [endpoint.url])
    const socket = connect({ port, host: '127.0.0.1' })
    t.after(() => socket.destroy())
    let received = 0
    let most = 0
    const before = process.memoryUsage().rss
    socket.on('data', (piece) => {
      received += piece.length
      if (received % 64 !== 0) return
      most = Math.max(most, process.memoryUsage.rss())
      // Takes a breath now and then.
      socket.pause()
      setImmediate(() => socket.resume())
    })
    await within(once(socket, 'end'), 'the end', PATIENCE_MS)
    assert.equal(received, total)
    assert(most - before < 160 * MIB, `${Math.round((most - before) / MIB)} MiB more`)
  })
})
