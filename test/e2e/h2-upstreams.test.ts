import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { constants } from 'node:http2'
import { test } from 'node:test'
import { definePlugin, type Outcome, Type } from 'sluice'
import { retry } from 'sluice/plugins'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { answer, startH2Endpoint } from '../support/h2-endpoint.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const H2 = { protocol: 'h2' } as const
const MIB = 2 ** 20

for (const [lane, plugins] of Object.entries(LANES)) {
  test(`requests go to HTTP/2 and back, ${lane}`, async (t) => {
    const endpoint = await startH2Endpoint(t, (stream) => {
      stream.respond({ ':status': 200, 'x-a': 'b' })
      stream.pipe(stream)
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], {
      upstream: H2,
      route: { plugins },
    })
    const bytes = randomBytes(10 * MIB)
    const got = await post(port, bytes)
    assert.equal(got.headers['x-a'], 'b')
    assert.equal(sha(got.body), sha(bytes))
    const [head] = endpoint.requests
    assert.deepEqual(
      [head?.[':method'], head?.[':path'], head?.[':authority'], head?.['x-forwarded-proto']],
      ['POST', '/echo?a=%2F', `127.0.0.1:${port}`, 'http'],
    )
    await whenIdle(gateway)
  })
}

test('endpoints of TLS are verified and spoken to by ALPN', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => answer(stream, 'ok'), SELF_SIGNED)
  for (const [tls, status] of [
    [{ ca: SELF_SIGNED.cert }, 200],
    [{}, 502],
  ] as const) {
    const { port } = await startGatewayTo(t, [endpoint.url], { upstream: { ...H2, tls } })
    const client = await RawClient.connect(t, port)
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
    assert.equal(statusOf(await client.answer()), status)
  }
})

test('a client certificate is shown over HTTP/1 as well', async (t) => {
  const endpoint = await startEndpoint(t, undefined, {
    ...SELF_SIGNED,
    requestCert: true,
    ca: SELF_SIGNED.cert,
  })
  for (const [own, status] of [
    [SELF_SIGNED, 200],
    [{}, 502],
  ] as const) {
    const tls = { ca: SELF_SIGNED.cert, ...own }
    const { port } = await startGatewayTo(t, [endpoint.url], { upstream: { tls } })
    const client = await RawClient.connect(t, port)
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
    assert.equal(statusOf(await client.answer()), status)
  }
})

test('TE says that trailers pass, and they do', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
    stream.end('hello')
  })
  const { port } = await startGatewayTo(t, [endpoint.url], { upstream: H2 })
  const client = await RawClient.connect(t, port)
  client.send(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, close\r\nTE: deflate, trailers;q=1\r\n\r\n',
  )
  assert.match(await client.rest(), /0\r\nx-sum: 42\r\n\r\n$/)
  const second = await RawClient.connect(t, port)
  second.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers, deflate\r\n\r\n')
  await second.answer()
  const third = await RawClient.connect(t, port)
  third.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await third.answer()
  assert.deepEqual(
    endpoint.requests.map(({ te }) => te),
    [undefined, 'trailers', undefined],
  )
})

test('an upgrade is refused without asking the endpoint', async (t) => {
  const outcomes: Outcome[] = []
  const endpoint = await startH2Endpoint(t, (stream) => answer(stream, 'ok'))
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], {
    upstream: H2,
    route: { plugins: [watch(outcomes)()] },
  })
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const got = await client.answer()
  assert.equal(statusOf(got), 501)
  assert.equal(JSON.parse(String(got?.body)).detail, 'This upstream takes no upgrades.')
  await whenIdle(gateway)
  assert.deepEqual([outcomes, endpoint.requests.length], [['local'], 0])
})

test('a client that goes away resets its stream', async (t) => {
  const codes: number[] = []
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('some')
    stream.on('close', () => codes.push(stream.rstCode ?? -1))
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { upstream: H2 })
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.head()
  client.socket.destroy()
  await waitFor(() => codes.length === 1, 'the stream is reset')
  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL])
  await whenIdle(gateway)
  assert.equal(endpoint.sessions.size, 1)
})

test('an upload that its client breaks off resets its stream', async (t) => {
  const codes: number[] = []
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.resume()
    stream.on('close', () => codes.push(stream.rstCode ?? -1))
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { upstream: H2 })
  const client = await RawClient.connect(t, port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await waitFor(() => endpoint.streams.size === 1, 'it arrives')
  client.socket.destroy()
  await waitFor(() => codes.length === 1, 'the stream is reset')
  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL])
  await whenIdle(gateway)
})

test('a stream that breaks within its answer breaks the answer', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half', () => stream.session?.socket.destroy())
  })
  const { port } = await startGatewayTo(t, [endpoint.url], { upstream: H2 })
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const got = await client.answer()
  assert.deepEqual([statusOf(got), got?.isWhole], [200, false])
})

test('what the endpoint refused unseen counts as never sent', async (t) => {
  const seen: unknown[] = []
  const endpoint = await startH2Endpoint(t, (stream, _headers, number) => {
    if (number === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else answer(stream, 'second time')
  })
  const once = definePlugin({
    name: 'once',
    options: Type.Object({}),
    create: () => ({
      again(_flow, failure) {
        seen.push([failure.outcome, failure.sent])
        return failure.attempt === 1 ? 0 : -1
      },
    }),
  })
  const { port } = await startGatewayTo(t, [endpoint.url], {
    upstream: H2,
    route: { plugins: [once()] },
  })
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal(String((await client.answer())?.body), 'second time')
  assert.deepEqual(seen, [['connect-failed', 'nothing']])
})

test('an endpoint that closes its connections again and again costs no request', async (t) => {
  let served = 0
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
    if (++served % 10 === 0) stream.session?.close()
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], {
    upstream: H2,
    route: { plugins: [retry()] },
  })
  const one = async (i: number): Promise<void> => {
    const text = `message ${i}`
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${text.length}\r\n\r\n`
    const got = await exchange(t, port, head + text)
    assert.deepEqual([statusOf(got), String(got?.body)], [200, text])
  }
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 5 }, (_, i) => one(round * 5 + i)))
  }
  assert.ok(endpoint.accepted > 20)
  await whenIdle(gateway)
})

test('an endpoint of gRPC that says it is unavailable has failed, unless `failure` says otherwise', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, headers) => {
    const status = String(headers[':path']).slice(1)
    stream.respond({ ':status': 200, 'grpc-status': status }, { endStream: true })
  })
  for (const [failure, wanted] of [
    [undefined, ['ok', 'upstream-error']],
    [grpcFailure, ['overload', 'ok']],
  ] as const) {
    const outcomes: Outcome[] = []
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], {
      upstream: { ...H2, ...(failure && { failure }) },
      route: { plugins: [watch(outcomes)()] },
    })
    for (const status of [8, 14]) {
      const client = await RawClient.connect(t, port)
      client.send(`POST /${status} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)
      assert.equal(headerOf(await client.answer(), 'grpc-status'), String(status))
      await whenIdle(gateway)
    }
    assert.deepEqual(outcomes, wanted)
  }
})

test('a reload that changes the protocol speaks the new one', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => answer(stream, 'two'))
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], {})
  assert.equal(await ask(t, port), 502)
  const { roundRobin } = await import('sluice/plugins')
  await gateway.reload({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin(), ...H2 } },
    routes: [{ to: 'it' }],
  })
  assert.equal(await ask(t, port), 200)
})

function grpcFailure(answered: { header(name: string): string | undefined }): Outcome {
  return answered.header('Grpc-Status') === '8' ? 'overload' : 'ok'
}

function watch(outcomes: Outcome[]) {
  return definePlugin({
    name: 'watch',
    options: Type.Object({}),
    create: () => ({
      finished(_exchange, outcome) {
        outcomes.push(outcome)
      },
    }),
  })
}

async function ask(t: Parameters<typeof RawClient.connect>[0], port: number): Promise<number> {
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  return statusOf(await client.answer())
}

async function post(port: number, bytes: Buffer) {
  const req = request({ port, host: '127.0.0.1', method: 'POST', path: '/echo?a=%2F' })
  req.end(bytes)
  const [res] = await within(once(req, 'response'), 'a head')
  const pieces: Buffer[] = []
  for await (const piece of res) pieces.push(piece)
  return { headers: res.headers, body: Buffer.concat(pieces) }
}

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
