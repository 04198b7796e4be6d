import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bind, CLOCK, type ListenerTlsConfig, LOGGER } from 'sluice'
import { createGateway, type Gateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { VirtualClock } from 'sluice/testing'
import { WebSocket, WebSocketServer } from 'ws'
import { A, B, CA, CLIENT, EXPIRED, RENEWED, WILD } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { answerOf, ask, connectHttp2 } from '../support/stream-client.ts'
import type { Teardown } from '../support/teardown.ts'
import { TlsClient } from '../support/tls-client.ts'

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n'
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

describe('a TLS listener', { concurrency: true }, () => {
  test('serves HTTP/1.1 with the gates of a plain one', async (t) => {
    const endpoint = await startEndpoint(t)
    const listener = { tls: A, headersTimeout: '300ms', requestTimeout: '10s' } as const
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const good = await TlsClient.connect(t, port)
    assert.equal(statusOf(await good.send(GET + GET).answer()), 200)
    assert.equal(statusOf(await good.answer()), 200)
    assert.equal(headerOf(endpoint.requests[0], 'x-forwarded-proto'), 'https')
    const bad = await TlsClient.connect(t, port)
    assert.equal(statusOf(await bad.send('GET / HTTP/1.1\r\nHost : a\r\n\r\n').answer()), 400)
    assert.equal(await bad.rest(), '')
    const doubtful = await TlsClient.connect(t, port)
    doubtful.send('GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n')
    assert.equal(statusOf(await doubtful.answer()), 400)
    const slow = await TlsClient.connect(t, port)
    assert.equal(statusOf(await slow.send('GET / HT').answer()), 408)
    assert.equal(await slow.rest(), '')
    await whenIdle(gateway)
  })

  test('lets go of clients that never finish their handshake, and of plain text', async (t) => {
    const listener = { tls: A, headersTimeout: '200ms', requestTimeout: '10s' } as const
    const { gateway, port } = await startGatewayTo(t, ['http://127.0.0.1:1'], { listener })
    for (const bytes of ['', '\x16\x03\x01', GET]) {
      const socket = connect(port, '127.0.0.1')
      t.after(() => socket.destroy())
      socket.on('error', () => undefined)
      const received: Buffer[] = []
      socket.on('data', (chunk) => received.push(chunk))
      if (bytes !== '') socket.write(bytes, 'latin1')
      await within(new Promise((resolve) => socket.on('close', resolve)), 'the connection ends')
      assert.equal(Buffer.concat(received).includes('HTTP'), false)
    }
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('ends the connection when an answer to HTTP/1.0 breaks off', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener: { tls: A } })
    const client = await TlsClient.connect(t, port)
    client.send('GET / HTTP/1.0\r\n\r\n')
    await client.rest()
    await whenIdle(gateway)
    await waitFor(() => client.socket.destroyed, 'the connection is over')
  })

  test('carries WebSockets', async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    t.after(() => server.close())
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
    await once(server, 'listening')
    const { port: there } = server.address() as { port: number }
    const { port } = await startGatewayTo(t, [`http://127.0.0.1:${there}`], {
      listener: { tls: A },
    })
    const socket = new WebSocket(`wss://127.0.0.1:${port}`, { ca: CA })
    t.after(() => socket.terminate())
    const echo = new Promise((resolve) => socket.on('message', (data) => resolve(String(data))))
    socket.on('open', () => socket.send('hello'))
    assert.equal(await within(echo, 'an echo'), 'hello')
  })
})

const NAMES: readonly (readonly [asked: string, shown: string])[] = [
  ['a.test', 'a.test'],
  ['b.test', 'b.test'],
  ['B.TEST', 'b.test'],
  ['x.c.test', '*.c.test'],
  ['y.x.c.test', '*.c.test'],
  ['exact.c.test', 'b.test'],
  ['c.test', 'a.test'],
  ['unknown.test', 'a.test'],
  ['', 'a.test'],
  // What must not make the choice fail (CVE-2026-21637): it would end the process.
  ['__proto__', 'a.test'],
  ['constructor', 'a.test'],
  ['..', 'a.test'],
  ['a\x00b', 'a.test'],
  [`${'x'.repeat(240)}.c.test`, '*.c.test'],
]

describe('the certificate is chosen by the name that a client asks for', () => {
  const sni = { 'b.test': B, '*.c.test': WILD, 'exact.c.test': B }
  for (const [asked, shown] of NAMES) {
    test(JSON.stringify(asked), async (t) => {
      const { port } = await startGatewayTo(t, ['http://127.0.0.1:1'], {
        listener: { tls: { ...A, sni } },
      })
      const options = { servername: asked, rejectUnauthorized: false }
      assert.equal((await TlsClient.connect(t, port, options)).shown, shown)
    })
  }
})

test('minVersion is the oldest version spoken', async (t) => {
  const tls = { ...A, minVersion: 'TLSv1.3' } as const
  const { port } = await startGatewayTo(t, ['http://127.0.0.1:1'], { listener: { tls } })
  await assert.rejects(TlsClient.connect(t, port, { maxVersion: 'TLSv1.2' }))
  assert.equal((await TlsClient.connect(t, port)).socket.getProtocol(), 'TLSv1.3')
})

/** A gateway on a virtual clock, with its certificates in files. */
async function startWithFiles(t: Teardown, tls: Partial<ListenerTlsConfig> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  writeFileSync(cert, A.cert)
  writeFileSync(key, A.key)
  const clock = new VirtualClock(Date.UTC(2026, 0))
  const lines: string[] = []
  const write = (fields: object | string, message?: string): void => {
    lines.push(message ?? String(fields))
  }
  const log = { debug() {}, info: write, warn: write, error: write }
  const endpoint = await startEndpoint(t)
  const config = (more: Partial<ListenerTlsConfig> = {}) => ({
    http: { port: 0, host: '127.0.0.1', tls: { cert, key, ...tls, ...more } },
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [{ to: 'it' as const }],
  })
  const gateway: Gateway = await createGateway(config(), [bind(CLOCK, clock), bind(LOGGER, log)])
  t.after(() => gateway.close())
  const [address] = await gateway.listen()
  return { gateway, endpoint, port: address!.port, cert, key, clock, lines, config }
}

describe('certificates are read again when their files change', () => {
  test('a new pair is shown to new connections, and none is dropped', async (t) => {
    const { port, cert, key, clock, lines } = await startWithFiles(t)
    const before = await TlsClient.connect(t, port)
    const streams = await connectHttp2(t, port)
    assert.equal(before.shown, 'a.test')
    writeFileSync(cert, RENEWED.cert)
    writeFileSync(key, RENEWED.key)
    clock.advance(3_000)
    await waitFor(() => lines.some((line) => line.includes('renewed')), 'the renewal is logged')
    assert.equal((await TlsClient.connect(t, port)).shown, 'a.test (renewed)')
    assert.equal(statusOf(await before.send(GET).answer()), 200)
    assert.equal((await ask(streams, {})).status, 200)
  })

  test('a certificate without its key is not taken until the key comes', async (t) => {
    const { port, cert, key, clock, lines } = await startWithFiles(t)
    writeFileSync(cert, RENEWED.cert)
    clock.advance(3_000)
    await waitFor(() => lines.some((line) => line.includes('old ones stay')), 'it is logged')
    assert.equal((await TlsClient.connect(t, port)).shown, 'a.test')
    writeFileSync(key, RENEWED.key)
    await waitFor(() => {
      clock.advance(3_000)
      return lines.some((line) => line.includes('renewed'))
    }, 'the pair is taken')
    assert.equal((await TlsClient.connect(t, port)).shown, 'a.test (renewed)')
  })

  test('a file of client CAs that is half written changes nothing', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, CA)
    const { port, clock, lines } = await startWithFiles(t, { clientCa: ca })
    // Node takes the system's CAs in place of an empty text.
    for (const [round, text] of ['', CA.slice(0, 300), 'nonsense'].entries()) {
      writeFileSync(ca, text)
      await waitFor(() => {
        clock.advance(3_000)
        return lines.length > round
      }, 'it is logged')
      assert.match(lines.at(-1)!, /the old ones stay/)
      assert.equal((await TlsClient.connect(t, port, CLIENT)).shown, 'a.test')
    }
  })

  test('a file that is gone, or is no certificate, changes nothing', async (t) => {
    const { port, cert, clock, lines } = await startWithFiles(t)
    renameSync(cert, `${cert}.away`)
    clock.advance(3_000)
    await waitFor(() => lines.length === 1, 'it is logged')
    writeFileSync(cert, 'nonsense')
    await waitFor(() => {
      clock.advance(3_000)
      return lines.length === 2
    }, 'it is logged')
    assert.equal((await TlsClient.connect(t, port)).shown, 'a.test')
  })

  test('an expired certificate is served, and warned of', async (t) => {
    const { lines, port } = await startWithFiles(t, EXPIRED)
    assert.match(lines[0] ?? '', /^http\.tls\.cert expired on /)
    const client = await TlsClient.connect(t, port, { rejectUnauthorized: false })
    assert.equal(client.shown, 'old.test')
  })
})

test('a reload puts another tls into force on a listener that stays', async (t) => {
  const { gateway, port, config } = await startWithFiles(t)
  await gateway.reload(config({ ...RENEWED, sni: { 'b.test': B }, http2: false }))
  assert.equal((await TlsClient.connect(t, port)).shown, 'a.test (renewed)')
  assert.equal((await TlsClient.connect(t, port, { servername: 'b.test' })).shown, 'b.test')
  await assert.rejects(connectHttp2(t, port))
  await gateway.reload(config({ ...RENEWED, clientCa: CA }))
  const refused = await TlsClient.connect(t, port).catch(() => undefined)
  assert.equal((await refused?.rest()) ?? '', '')
  const own = await TlsClient.connect(t, port, CLIENT)
  assert.equal(statusOf(await own.send(GET).answer()), 200)
})

test('who came in under other client CAs is served to the end of what is in flight', async (t) => {
  const { gateway, endpoint, port, config } = await startWithFiles(t)
  const idle = await TlsClient.connect(t, port)
  assert.equal(statusOf(await idle.send(GET).answer()), 200)
  const busy = await TlsClient.connect(t, port)
  busy.send(POST)
  const session = await connectHttp2(t, port)
  const stream = session.request({ ':authority': 'a.test', ':method': 'POST' })
  await waitFor(() => gateway.status().exchanges === 2, 'both are in flight')
  await gateway.reload(config({ clientCa: CA }))
  assert.equal(await idle.rest(), '')
  const last = await busy.send('body').answer()
  assert.deepEqual([statusOf(last), headerOf(last, 'connection')], [200, 'close'])
  assert.equal(await busy.rest(), '')
  stream.end('body')
  assert.equal((await answerOf(stream)).status, 200)
  await within(once(session, 'close'), 'the session ends')
  assert.equal(endpoint.requests.length, 3)
})

test('a reload that would turn TLS off on a socket that listens is refused', async (t) => {
  const { gateway, port, config } = await startWithFiles(t)
  const { tls: _, ...plain } = config().http
  await assert.rejects(gateway.reload({ ...config(), http: plain }), /from TLS to plain/)
  assert.equal((await TlsClient.connect(t, port)).shown, 'a.test')
})

test('a reload changes how large the head of a request may be', async (t) => {
  const { gateway, port, config } = await startWithFiles(t)
  const { http, ...rest } = config()
  await gateway.reload({ ...rest, http: { ...http, maxHeaderSize: '64kb' } })
  const large = 'x'.repeat(40_000)
  const client = await TlsClient.connect(t, port)
  const request = GET.replace('Host', `X-Large: ${large}\r\nHost`)
  assert.equal(statusOf(await client.send(request).answer()), 200)
  assert.equal((await ask(await connectHttp2(t, port), { 'x-large': large })).status, 200)
})
