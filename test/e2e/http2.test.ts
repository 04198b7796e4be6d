import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { bind, definePlugin, native, TRANSPORT, type Transport, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { A, CA } from '../support/certificates.ts'
import { command } from '../support/command.ts'
import { waitFor, within } from '../support/deadline.ts'
import { answerText, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf } from '../support/message-reader.ts'
import { scriptedTransport } from '../support/scripted-transport.ts'
import { bytesOut, settled } from '../support/slow-bytes.ts'
import { inflightOf, startGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { answerOf, ask, connectHttp2 } from '../support/stream-client.ts'

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants
const TLS = { listener: { tls: A } }
const MIB = 2 ** 20

for (const [lane, plugins] of Object.entries(LANES)) {
  const differences = { ...TLS, route: { plugins } }

  describe(`HTTP/2 ${lane}`, { concurrency: true }, () => {
    test('a request is one exchange, and its answer is the endpoint’s', async (t) => {
      const endpoint = await startEndpoint(t, () =>
        answerText(
          'hello',
          'X-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: x-b\r\nX-B: 2\r\n',
        ),
      )
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const answer = await ask(session, { ':path': '/a%2Fb?c=d', 'x-c': '3' })
      assert.equal(answer.status, 200)
      assert.equal(answer.body.toString(), 'hello')
      assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
      assert.deepEqual([answer.headers['x-a'], answer.headers['x-b']], ['1', undefined])
      const [request] = endpoint.requests
      assert.equal(request?.startLine, 'GET /a%2Fb?c=d HTTP/1.1')
      const told = ['host', 'x-c', 'via', 'x-forwarded-proto'].map((name) =>
        headerOf(request, name),
      )
      assert.deepEqual(told, ['a.test', '3', '2 sluice', 'https'])
      await whenIdle(gateway)
    })

    test('a body goes up without a length, and a large one with it', async (t) => {
      const endpoint = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const big = Buffer.alloc(3 * MIB, 'x')
      const lengthened = { ':method': 'PUT', 'content-length': String(big.length) }
      assert.equal((await ask(session, { ':method': 'POST' }, 'small')).status, 200)
      assert.equal((await ask(session, lengthened, big)).status, 200)
      const [small, large] = endpoint.requests
      assert.equal(headerOf(small, 'transfer-encoding'), 'chunked')
      assert.equal(small?.body.toString(), 'small')
      assert.equal(headerOf(large, 'content-length'), String(big.length))
      assert.ok(large?.body.equals(big))
    })

    test('a large answer comes whole', async (t) => {
      const big = 'x'.repeat(3 * MIB)
      const endpoint = await startEndpoint(t, () => answerText(big))
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const answer = await ask(session, {})
      assert.equal(answer.body.toString(), big)
      await whenIdle(gateway)
    })

    test('an answer’s trailers pass, those between two hops left out', async (t) => {
      const trailers = [
        'Grpc-Status',
        '0',
        'X-T',
        'a',
        'X-T',
        'b',
        'Connection',
        'close',
        ':x',
        'y',
      ]
      const { port } = await startGateway<'it'>(t, {
        http: { port: 0, host: '127.0.0.1', tls: A },
        upstreams: { it: { endpoints: ['http://it.test'], balance: roundRobin() } },
        routes: [{ to: 'it', plugins }],
        provide: [bind(TRANSPORT, answering('ok', trailers))],
      })
      const answer = await ask(await connectHttp2(t, port), {})
      assert.equal(answer.body.toString(), 'ok')
      assert.deepEqual(Object.entries(answer.trailers), [
        ['grpc-status', '0'],
        ['x-t', 'a, b'],
      ])
    })

    test('a HEAD, a 204 and a 304 have no body', async (t) => {
      const endpoint = await startEndpoint(t, ({ startLine }) => {
        if (startLine.startsWith('HEAD')) return 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'
        const status = startLine.includes('204') ? '204 No Content' : '304 Not Modified'
        return `HTTP/1.1 ${status}\r\nx-a: b\r\n\r\n`
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const head = await ask(session, { ':method': 'HEAD' })
      assert.deepEqual([head.status, head.headers['content-length']], [200, '9'])
      assert.equal((await ask(session, { ':path': '/204' })).status, 204)
      assert.equal((await ask(session, { ':path': '/304' })).status, 304)
      await whenIdle(gateway)
    })

    test('an answer that breaks off ends its stream with an error, and no other', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        const request = await requests.next()
        if (request?.startLine.includes('/whole')) socket.write(answerText('whole'))
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const broken = await ask(session, {})
      assert.equal(broken.code, NGHTTP2_INTERNAL_ERROR)
      assert.equal((await ask(session, { ':path': '/whole' })).body.toString(), 'whole')
      await whenIdle(gateway)
    })

    test('a client that resets its stream frees the endpoint at once', async (t) => {
      const endpoint = await startRawEndpoint(t, () => undefined)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      for (const method of ['GET', 'HEAD', 'POST']) {
        const stream = session.request({ ':method': method }, { endStream: method !== 'POST' })
        stream.on('error', () => undefined)
        await waitFor(() => inflightOf(gateway) === 1, `${method} is on its way`)
        stream.close(NGHTTP2_CANCEL)
        await whenIdle(gateway)
        await waitFor(() => endpoint.sockets.size === 0, 'the endpoint’s connection is closed')
      }
    })

    test('a client that goes away with its connection frees the endpoints at once', async (t) => {
      const endpoint = await startRawEndpoint(t, () => undefined)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      for (let i = 0; i < 10; i++) session.request({}).on('error', () => undefined)
      await waitFor(() => inflightOf(gateway) === 10, 'all are on their way')
      session.socket.destroy()
      await whenIdle(gateway)
      await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    })

    test('an early answer ends a request that has not come whole', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.head()
        socket.write(answerText('no', '', '401 Unauthorized'))
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const stream = session.request({ ':method': 'POST' })
      stream.write('some of it')
      const answer = await answerOf(stream)
      assert.deepEqual([answer.status, answer.body.toString()], [401, 'no'])
      assert.equal(answer.code, NGHTTP2_NO_ERROR)
      await whenIdle(gateway)
    })

    test('a slow reader holds the endpoint back', async (t) => {
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        await requests.next()
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MIB}\r\n\r\n`)
        const piece = Buffer.alloc(MIB)
        for (let i = 0; i < 64; i++) {
          if (!socket.write(piece)) await once(socket, 'drain').catch(() => undefined)
        }
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const session = await connectHttp2(t, port)
      const stream = session.request({})
      stream.on('error', () => undefined)
      await once(stream, 'response')
      await waitFor(() => endpoint.sockets.size === 1, 'the endpoint sends')
      const [socket] = endpoint.sockets
      const sent = await settled(() => bytesOut(socket!))
      assert.ok(sent < 16 * MIB, `${sent} bytes were taken`)
      stream.close(NGHTTP2_CANCEL)
      await whenIdle(gateway)
    })
  })
}

test('what a connection sends unread stays below 16 MiB', async (t) => {
  const waits = definePlugin({
    name: 'waits',
    options: Type.Object({}),
    create: () => ({ request: () => new Promise<void>(() => {}) }),
  })
  const route = { plugins: [waits()] }
  const { gateway, port } = await startGatewayTo(t, ['http://it.test'], { ...TLS, route })
  const session = await connectHttp2(t, port)
  for (let i = 0; i < 100; i++) {
    const stream = session.request({ ':method': 'POST' })
    stream.on('error', () => undefined)
    stream.write(Buffer.alloc(MIB))
  }
  const sent = await settled(() => bytesOut(session.socket))
  t.diagnostic(`${(sent / MIB).toFixed(1)} MiB taken`)
  assert.ok(sent > 8 * MIB && sent < 16 * MIB, `${sent} bytes were taken`)
  session.destroy()
  await whenIdle(gateway)
})

test('an event stream’s head does not wait for its first event', async (t) => {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.next()
    socket.write(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
    )
  })
  const { port } = await startGatewayTo(t, [endpoint.url], TLS)
  const stream = (await connectHttp2(t, port)).request({})
  // The end of the test breaks it off.
  stream.on('error', () => undefined)
  const [headers] = await within(once(stream, 'response'), 'the head')
  assert.equal(headers['content-type'], 'text/event-stream')
})

test('an answer without a body is one frame', async (t) => {
  const endpoint = await startEndpoint(t, () => answerText('', 'grpc-status: 5\r\n'))
  const { port } = await startGatewayTo(t, [endpoint.url], TLS)
  const answer = await ask(await connectHttp2(t, port), {})
  assert.deepEqual(
    [answer.status, answer.headers['grpc-status'], answer.isHeadOnly],
    [200, '5', true],
  )
})

test('an expectation is met before the body is asked of the client', async (t) => {
  const endpoint = await startEndpoint(t)
  const { port } = await startGatewayTo(t, [endpoint.url], TLS)
  const session = await connectHttp2(t, port)
  const stream = session.request({ ':method': 'POST', expect: '100-continue' })
  await within(once(stream, 'continue'), '100')
  stream.end('body')
  assert.equal((await answerOf(stream)).status, 200)
  assert.equal(endpoint.requests[0]?.body.toString(), 'body')
})

test('HTTP/1.1 stands beside HTTP/2 on one port, and can stand alone', async (t) => {
  const endpoint = await startEndpoint(t)
  const { port } = await startGatewayTo(t, [endpoint.url], {
    listener: { tls: { ...A, http2: false } },
  })
  await assert.rejects(connectHttp2(t, port))
})

test('cors, helmet and compress act on HTTP/2 as on HTTP/1.1', async (t) => {
  const text = 'a page '.repeat(1_000)
  const endpoint = await startEndpoint(t, () => answerText(text, 'content-type: text/plain\r\n'))
  const plugins = [
    native(cors, { origin: true }),
    native(helmet),
    native(compress, { threshold: 100 }),
  ]
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { ...TLS, route: { plugins } })
  const session = await connectHttp2(t, port)
  const answer = await ask(session, { origin: 'https://b.test', 'accept-encoding': 'gzip' })
  const preflight = await ask(session, {
    ':method': 'OPTIONS',
    origin: 'https://b.test',
    'access-control-request-method': 'PUT',
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['access-control-allow-origin'], 'https://b.test')
  assert.equal(answer.headers['x-frame-options'], 'SAMEORIGIN')
  assert.equal(answer.headers['content-encoding'], 'gzip')
  const { gunzipSync } = await import('node:zlib')
  assert.equal(gunzipSync(answer.body).toString(), text)
  assert.deepEqual([preflight.status, endpoint.requests.length], [204, 1])
  await whenIdle(gateway)
})

test('a hundred requests at once on one connection all get their own answers', async (t) => {
  const endpoint = await startEndpoint(t, ({ startLine }) => answerText(startLine))
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
  const session = await connectHttp2(t, port)
  const paths = Array.from({ length: 300 }, (_, i) => `/${i}`)
  const answers = await Promise.all(paths.map((path) => ask(session, { ':path': path })))
  const bodies = answers.map(({ body }) => body.toString())
  assert.deepEqual(
    bodies,
    paths.map((path) => `GET ${path} HTTP/1.1`),
  )
  await whenIdle(gateway)
})

test('a request’s trailers are there once it has come whole', async (t) => {
  const seen: string[][] = []
  const look = Object.assign(
    async (scope: FastifyInstance) => {
      scope.addHook('onResponse', async ({ raw }) => void seen.push(raw.rawTrailers))
    },
    { [Symbol.for('skip-override')]: true },
  )
  const endpoint = await startEndpoint(t)
  const route = { plugins: [native(look, {})] }
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { ...TLS, route })
  const session = await connectHttp2(t, port)
  const stream = session.request({ ':method': 'POST' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': 'a' }))
  stream.end('body')
  assert.equal((await answerOf(stream)).status, 200)
  await whenIdle(gateway)
  assert.equal(endpoint.requests[0]?.body.toString(), 'body')
  await waitFor(() => seen.length === 1, 'Fastify has seen the end')
  assert.deepEqual(seen, [['x-t', 'a']])
})

test('curl gets and puts over HTTP/2, and falls back to HTTP/1.1', async (t) => {
  const endpoint = await startEndpoint(t, ({ body }) => answerText(`${body.length} bytes`))
  const { port } = await startGatewayTo(t, [endpoint.url], TLS)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const ca = join(folder, 'ca.pem')
  const big = join(folder, 'big')
  writeFileSync(ca, CA)
  writeFileSync(big, Buffer.alloc(5 * MIB))
  const said = async (...args: string[]): Promise<string> => {
    const shown = ['-sS', '--cacert', ca, '-w', ' over %{http_version}']
    const { ended, output } = command('curl', [...shown, ...args, `https://127.0.0.1:${port}/`])
    await within(ended, 'curl ends')
    return output()
  }
  assert.equal(await said('--http2'), '0 bytes over 2')
  assert.equal(await said('--http2', '-T', big), `${5 * MIB} bytes over 2`)
  assert.equal(await said('--http1.1', '-T', big), `${5 * MIB} bytes over 1.1`)
})

/** Endpoints that answer so, trailers included. */
function answering(body: string, trailers: string[]): Transport {
  return scriptedTransport((_request, sink) => {
    setImmediate(() => {
      sink.head(200, 'OK', [])
      sink.data(Buffer.from(body))
      sink.end(trailers)
    })
  })
}
