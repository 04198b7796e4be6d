import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { Clock } from '../../../core/contracts/clock.ts'
import type { EndpointTarget, OutgoingRequest } from '../../../core/contracts/transport.ts'
import { H2Client } from '../../../core/http/h2-client.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { systemClock } from '../../../core/system/clock.ts'
import { AnswerRecorder } from '../../support/answer-recorder.ts'
import { waitFor } from '../../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../../support/endpoint-server.ts'
import { answer, startH2Endpoint } from '../../support/h2-endpoint.ts'
import { DATA, END_STREAM, RST_STREAM, startFrameEndpoint } from '../../support/h2-frames.ts'
import { outgoing } from '../../support/outgoing-request.ts'
import { SELF_SIGNED } from '../../support/self-signed.ts'

const NO_TLS = { ca: '', cert: '', key: '', servername: '', insecure: false }
const MIB = 2 ** 20

test('a request goes out with pseudo-headers and its answer comes back with trailers', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 201, 'x-a': ['1', '2'] }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
    stream.end('hello')
  })
  const sink = await ask(client(t, endpoint.url), {
    headers: ['Host', 'a.test', 'X-Mixed', 'Yes', 'Connection', 'x-mixed', 'TE', 'trailers'],
  }).over()
  assert.deepEqual([sink.status, sink.body, sink.trailers], [201, 'hello', ['x-sum', '42']])
  assert.deepEqual(pick(sink.headers, 'x-a'), ['1', '2'])
  assert.ok(!sink.headers.some((part) => part.startsWith(':')))
  const [head] = endpoint.requests
  assert.equal(head?.[':method'], 'GET')
  assert.equal(head?.[':path'], '/a?b=1')
  assert.equal(head?.[':authority'], 'a.test')
  assert.equal(head?.[':scheme'], 'http')
  assert.equal(head?.['x-mixed'], 'Yes')
  assert.equal(head?.te, 'trailers')
  assert.equal(head?.connection, undefined)
  assert.equal(head?.host, undefined)
})

test('what must stand in a head is left out of trailers', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ host: 'x', 'set-cookie': 'a=b', 'grpc-status': '0', via: 'y' }),
    )
    stream.end()
  })
  const { trailers } = await ask(client(t, endpoint.url), {}).over()
  assert.deepEqual(trailers, ['grpc-status', '0'])
})

test('answers without a body end at their head', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, headers) => {
    const status = Number(String(headers[':path']).slice(1))
    stream.respond({ ':status': status, 'grpc-status': '5' }, { endStream: true })
  })
  const h2 = client(t, endpoint.url)
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
    ['POST', 200],
  ] as const) {
    const sink = await ask(h2, { method, target: `/${status}` }).over()
    assert.deepEqual([sink.status, sink.body, sink.trailers], [status, '', []])
  }
  assert.equal(endpoint.accepted, 1)
})

test('interim answers are left out', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
    answer(stream, 'ok')
  })
  const sink = await ask(client(t, endpoint.url)).over()
  assert.deepEqual([sink.status, sink.body, sink.late], [200, 'ok', 0])
})

test('10 MiB go both ways whole', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const bytes = randomBytes(10 * MIB)
  const sink = ask(client(t, endpoint.url), { method: 'POST', body: pieces(bytes) })
  await sink.over()
  assert.equal(sha(Buffer.concat(sink.chunks)), sha(bytes))
})

test('a body of bytes goes out with its head', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const sink = ask(client(t, endpoint.url), { method: 'PUT', body: Buffer.from('all of it') })
  assert.equal((await sink.over()).body, 'all of it')
})

test('a reader that pauses stops the endpoint, and loses nothing when it goes on', async (t) => {
  const bytes = randomBytes(4 * MIB)
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end(bytes)
  })
  const h2 = client(t, endpoint.url)
  const slow = ask(h2, {}, (sink) => {
    sink.isSlow = true
  })
  await waitFor(() => slow.bytes > 0, 'a first piece')
  // Others on the same connection are not held up.
  const other = await ask(h2).over()
  assert.equal(other.bytes, bytes.length)
  assert.equal(endpoint.accepted, 1)
  assert.ok(slow.bytes < MIB, `${slow.bytes} bytes came in spite of the pause`)
  slow.isSlow = false
  slow.call?.resume()
  await slow.over()
  assert.equal(sha(Buffer.concat(slow.chunks)), sha(bytes))
})

test('an answer that came whole outlives its connection, however slow its reader', async (t) => {
  const bytes = randomBytes(100_000)
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end(bytes)
  })
  const sink = ask(client(t, endpoint.url), {}, (one) => {
    one.isSlow = true
  })
  await waitFor(() => sink.bytes > 0 && endpoint.streams.size === 0, 'the endpoint is done')
  for (const session of endpoint.sessions) session.destroy()
  await waitFor(() => endpoint.sessions.size === 0, 'the connection is gone')
  assert.equal(sink.isOver, false)
  sink.isSlow = false
  sink.call?.resume()
  await sink.over()
  assert.equal(sink.failure, undefined)
  assert.equal(sha(Buffer.concat(sink.chunks)), sha(bytes))
})

test('no stream waits behind others: another connection is opened where one is full', async (t) => {
  const { held, endpoint } = await startHolding(t)
  const h2 = client(t, endpoint.url)
  const sinks = Array.from({ length: 20 }, () => ask(h2))
  await waitFor(() => held.length === 20, 'all of them arrive at once')
  assert.equal(endpoint.accepted, 20)
  for (const go of held) go()
  for (const sink of sinks) assert.equal((await sink.over()).body, 'ok')
  // What is idle is used again.
  const again = ask(h2)
  await waitFor(() => held.length === 21, 'one more')
  held[20]?.()
  await again.over()
  assert.equal(endpoint.accepted, 20)
})

test('SETTINGS that come later count', async (t) => {
  const { held, endpoint } = await startHolding(t)
  const h2 = client(t, endpoint.url)
  const first = ask(h2)
  await waitFor(() => held.length === 1, 'the first')
  const [session] = endpoint.sessions
  await new Promise((resolve) => session?.settings({ maxConcurrentStreams: 3 }, resolve))
  const more = [ask(h2), ask(h2)]
  await waitFor(() => held.length === 3, 'all three')
  assert.equal(endpoint.accepted, 1)
  for (const go of held) go()
  for (const sink of [first, ...more]) assert.equal((await sink.over()).status, 200)
})

test('an endpoint that takes no streams fails as one that cannot be reached', async (t) => {
  const endpoint = await startH2Endpoint(t, () => undefined, {
    settings: { maxConcurrentStreams: 0 },
  })
  const sink = await ask(client(t, endpoint.url)).over()
  assert.equal(sink.failure?.outcome, 'connect-failed')
})

test('a GOAWAY lets what runs finish and sends what comes after elsewhere', async (t) => {
  const held: (() => void)[] = []
  const endpoint = await startH2Endpoint(t, (stream) => {
    held.push(() => answer(stream, 'ok'))
  })
  const h2 = client(t, endpoint.url)
  const before = Array.from({ length: 10 }, () => ask(h2))
  await waitFor(() => held.length === 10, 'ten streams')
  for (const session of endpoint.sessions) session.close()
  await waitFor(() => h2.status().open === 0, 'the GOAWAY has come')
  const after = ask(h2)
  await waitFor(() => held.length === 11 || after.isOver, 'one on a new connection')
  for (const go of held) go()
  for (const sink of [...before, after]) assert.equal((await sink.over()).body, 'ok')
  assert.equal(endpoint.accepted, 2)
})

test('streams above the last of a GOAWAY count as never sent', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, _headers, number) => {
    if (number === 1) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1)
    if (number === 1) setImmediate(() => answer([...endpoint.streams][0] as never, 'ok'))
  })
  const h2 = client(t, endpoint.url)
  const [first, second] = [ask(h2), ask(h2)]
  assert.equal((await second.over()).failure?.outcome, 'connect-failed')
  assert.equal((await first.over()).body, 'ok')
})

test('a GOAWAY with an error tells what was not looked at from what may have been', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, _headers, number) => {
    if (number === 1) stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 1)
  })
  const h2 = client(t, endpoint.url)
  const [first, second] = [ask(h2), ask(h2)]
  assert.equal((await first.over()).failure?.outcome, 'upstream-error')
  assert.equal((await second.over()).failure?.outcome, 'connect-failed')
})

for (const [name, code, outcome] of [
  ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM, 'connect-failed'],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR, 'upstream-error'],
  ['CANCEL', constants.NGHTTP2_CANCEL, 'upstream-error'],
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR, 'upstream-error'],
] as const) {
  test(`${name} before an answer is ${outcome}`, async (t) => {
    const endpoint = await startH2Endpoint(t, (stream) => stream.close(code))
    const sink = await ask(client(t, endpoint.url)).over()
    assert.equal(sink.failure?.outcome, outcome)
  })

  test(`${name} in the midst of a body never looks like its end`, async (t) => {
    const endpoint = await startFrameEndpoint(t, {
      request: (writer, stream) => writer.head(stream).data(stream, 'half').reset(stream, code),
    })
    const sink = await ask(client(t, endpoint.url)).over()
    assert.equal(sink.failure?.outcome, 'upstream-error')
    assert.equal(sink.trailers, undefined)
  })
}

test('an early answer ends the upload', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 413 })
    stream.end('too much')
  })
  const h2 = client(t, endpoint.url)
  const body = endless()
  const sink = await ask(h2, { method: 'POST', body }).over()
  assert.deepEqual([sink.status, sink.body], [413, 'too much'])
  await waitFor(() => body.destroyed && endpoint.streams.size === 0, 'the upload stops')
  assert.equal(streamsOf(h2), 0)
})

test('an early answer and a reset behind it is an answer', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 401 })
    stream.end('no')
    stream.on('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
  })
  const sink = await ask(client(t, endpoint.url), { method: 'POST', body: endless() }).over()
  assert.deepEqual([sink.status, sink.body, sink.failure], [401, 'no', undefined])
})

test('a call that is aborted resets its stream, even one whose window is closed', async (t) => {
  const codes: (number | undefined)[] = []
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.pause()
    stream.on('close', () => codes.push(stream.rstCode))
  })
  const h2 = client(t, endpoint.url)
  const body = endless()
  const sinks = [ask(h2), ask(h2, { method: 'POST', body })]
  await waitFor(() => endpoint.streams.size === 2, 'both are there')
  for (const sink of sinks) sink.call?.abort()
  await waitFor(() => codes.length === 2 && streamsOf(h2) === 0, 'both are gone')
  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL])
  assert.ok(body.destroyed)
  assert.ok(!sinks.some((sink) => sink.isOver))
  assert.equal(endpoint.accepted, 1)
})

test('a call that is aborted while it waits for a connection is never sent', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => answer(stream, 'ok'))
  const h2 = client(t, endpoint.url)
  const [first, second] = [ask(h2, { target: '/1' }), ask(h2, { target: '/2' })]
  first.call?.abort()
  await second.over()
  assert.deepEqual(
    endpoint.requests.map((head) => head[':path']),
    ['/2'],
  )
  assert.equal(first.isOver, false)
})

test('a request that ends before its time is reset, and never looks like a whole one', async (t) => {
  const frames: (readonly [number, number])[] = []
  const endpoint = await startFrameEndpoint(t, {
    request: () => undefined,
    frame: (type, flags) => frames.push([type, flags]),
  })
  const h2 = client(t, endpoint.url)
  for (const stop of ['the body', 'the call'] as const) {
    frames.length = 0
    const body = new Readable({ read() {} })
    const sink = ask(h2, { method: 'POST', body })
    body.push('half')
    await waitFor(() => frames.some(([type]) => type === DATA), 'half of it arrives')
    if (stop === 'the body') body.destroy()
    else sink.call?.abort()
    await waitFor(() => frames.some(([type]) => type === RST_STREAM), 'it is reset')
    const isEnded = frames.some(([type, flags]) => type === DATA && (flags & END_STREAM) !== 0)
    assert.equal(isEnded, false, stop)
    assert.equal(sink.isOver, false)
    assert.ok(body.destroyed)
  }
  await waitFor(() => streamsOf(h2) === 0, 'no stream is left')
})

test('silence of an endpoint is a timeout: before its answer, within it, and towards a body', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, headers) => {
    if (headers[':path'] === '/half') {
      stream.respond({ ':status': 200 })
      stream.write('half')
    } else stream.pause()
  })
  const h2 = client(t, endpoint.url, { responseTimeoutMs: 80, idleTimeoutMs: 80 })
  const [none, half, stuck] = [
    ask(h2),
    ask(h2, { target: '/half' }),
    ask(h2, { method: 'POST', body: endless() }),
  ]
  for (const sink of [none, half, stuck]) {
    assert.equal((await sink.over()).failure?.code, 'ENDPOINT_TIMEOUT')
  }
  assert.equal(half.body, 'half')
  await waitFor(() => endpoint.streams.size === 0 && streamsOf(h2) === 0, 'all were reset')
  assert.equal(endpoint.accepted, 1)
})

test('a client that is slow to send is not its endpoint’s fault', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => {
    stream.on('end', () => answer(stream, 'ok')).resume()
  })
  const h2 = client(t, endpoint.url, { responseTimeoutMs: 40, idleTimeoutMs: 40 })
  const body = new Readable({ read() {} })
  const sink = ask(h2, { method: 'POST', body })
  body.push('first')
  const other = await startH2Endpoint(t, () => undefined)
  await ask(client(t, other.url, { responseTimeoutMs: 200 })).over()
  assert.equal(sink.isOver, false)
  body.push(null)
  assert.equal((await sink.over()).body, 'ok')
})

test('an endpoint that refuses, hangs or speaks HTTP/1 fails as unreachable', async (t) => {
  const refusing = await startH2Endpoint(t, () => undefined)
  refusing.close()
  const hanging = await startRawEndpoint(t, () => undefined)
  const plain = await startEndpoint(t)
  const rude = await startRawEndpoint(t, (socket) => socket.destroy())
  const cases = [
    [refusing.url, 'ENDPOINT_UNREACHABLE'],
    [hanging.url, 'CONNECT_TIMEOUT'],
    [plain.url, 'ENDPOINT_UNREACHABLE'],
    [rude.url, 'ENDPOINT_UNREACHABLE'],
  ] as const
  for (const [url, code] of cases) {
    const h2 = client(t, url, { connectTimeoutMs: 300 })
    const body = endless()
    const sink = await ask(h2, { method: 'POST', body }).over()
    const { outcome, sent } = sink.failure ?? {}
    assert.deepEqual([outcome, sink.failure?.code, sent], ['connect-failed', code, 'nothing'], url)
    assert.ok(body.destroyed)
    await waitFor(() => sessionsOf(h2) === 0, 'nothing stays behind')
  }
})

test('TLS is verified, ALPN is required', async (t) => {
  const secure = await startH2Endpoint(t, (stream) => answer(stream, 'ok'), SELF_SIGNED)
  const old = await startEndpoint(t, undefined, { ...SELF_SIGNED, ALPNProtocols: ['http/1.1'] })
  const older = await startEndpoint(t, undefined, SELF_SIGNED)
  const trusting = { ...NO_TLS, ca: SELF_SIGNED.cert }
  const cases = [
    [secure.url, NO_TLS, 'connect-failed'],
    [secure.url, trusting, undefined],
    [secure.url, { ...trusting, servername: 'a.test' }, undefined],
    [secure.url, { ...trusting, servername: 'b.test' }, 'connect-failed'],
    [secure.url, { ...NO_TLS, insecure: true }, undefined],
    [old.url, trusting, 'connect-failed'],
    [older.url, trusting, 'connect-failed'],
  ] as const
  for (const [url, tls, outcome] of cases) {
    const sink = await ask(client(t, url, { tls })).over()
    assert.equal(
      sink.failure?.outcome,
      outcome,
      JSON.stringify([url, tls, String(sink.failure?.cause)]),
    )
  }
})

test('a client certificate is shown', async (t) => {
  const names: unknown[] = []
  const endpoint = await startH2Endpoint(
    t,
    (stream) => {
      const socket = stream.session?.socket as unknown as {
        getPeerCertificate(): { subject: unknown }
      }
      names.push(socket.getPeerCertificate().subject)
      answer(stream, 'ok')
    },
    { ...SELF_SIGNED, requestCert: true, rejectUnauthorized: true, ca: SELF_SIGNED.cert },
  )
  const tls = { ...NO_TLS, ca: SELF_SIGNED.cert }
  const shown = await ask(client(t, endpoint.url, { tls: { ...tls, ...SELF_SIGNED } })).over()
  assert.equal(shown.body, 'ok')
  assert.deepEqual(JSON.parse(JSON.stringify(names)), [{ CN: 'a.test' }])
  const hidden = await ask(client(t, endpoint.url, { tls })).over()
  assert.notEqual(hidden.failure, undefined)
})

test('a lost connection fails its 50 streams and leaves nothing behind', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream, _headers, number) => {
    if (number % 2 === 0) stream.respond({ ':status': 200 })
  })
  const h2 = client(t, endpoint.url)
  const sinks = Array.from({ length: 50 }, () => ask(h2))
  await waitFor(() => endpoint.streams.size === 50, 'fifty streams')
  for (const session of endpoint.sessions) session.socket.destroy()
  for (const sink of sinks) assert.equal((await sink.over()).failure?.outcome, 'upstream-error')
  await waitFor(() => sessionsOf(h2) === 0, 'the session is gone')
  assert.ok(!sinks.some((sink) => sink.late > 0))
})

test('close lets what runs finish, then closes; destroy ends it now', async (t) => {
  const held: (() => void)[] = []
  const endpoint = await startH2Endpoint(t, (stream) => {
    held.push(() => answer(stream, 'ok'))
  })
  const closing = client(t, endpoint.url)
  const sink = ask(closing)
  await waitFor(() => held.length === 1, 'it runs')
  closing.close()
  held[0]?.()
  assert.equal((await sink.over()).body, 'ok')
  await waitFor(() => endpoint.sessions.size === 0 && sessionsOf(closing) === 0, 'it is closed')
  const idle = client(t, endpoint.url)
  const done = ask(idle)
  await waitFor(() => held.length === 2, 'it runs')
  held[1]?.()
  await done.over()
  idle.close()
  await waitFor(() => endpoint.sessions.size === 0 && sessionsOf(idle) === 0, 'it is closed')
  const destroyed = client(t, endpoint.url)
  const cut = ask(destroyed)
  await waitFor(() => held.length === 3, 'it runs')
  destroyed.destroy()
  assert.equal((await cut.over()).failure?.outcome, 'upstream-error')
  const waiting = client(t, endpoint.url)
  const never = ask(waiting)
  waiting.destroy()
  assert.equal((await never.over()).failure?.outcome, 'connect-failed')
})

test('what is idle for a minute closes, and what stays half-open after that is cut', async (t) => {
  const clock = new VirtualClock()
  const endpoint = await startFrameEndpoint(t, {
    request: (writer, stream) => writer.head(stream, 8, true),
  })
  const h2 = client(t, endpoint.url, {}, clock)
  await ask(h2).over()
  await waitFor(() => streamsOf(h2) === 0, 'it is idle')
  clock.advance(59_000)
  assert.equal(h2.status().open, 1)
  clock.advance(2_000)
  assert.equal(h2.status().open, 0)
  clock.advance(6_000)
  await waitFor(() => sessionsOf(h2) === 0 && endpoint.sockets.size === 0, 'it is gone')
})

test('a connection that is silent is asked, seldom, and is dead when it does not answer', async (t) => {
  const clock = new VirtualClock()
  const streams: number[] = []
  const serve = { request: (_: unknown, stream: number) => streams.push(stream) }
  const alive = await startFrameEndpoint(t, serve)
  const dead = await startFrameEndpoint(t, { ...serve, answersPings: false })
  const limits = { responseTimeoutMs: 0, idleTimeoutMs: 0 }
  const [waiting, lost] = [
    ask(client(t, alive.url, limits, clock)),
    ask(client(t, dead.url, limits, clock)),
  ]
  await waitFor(() => streams.length === 2, 'both arrived')
  // The last words of the handshake may come late, and count as words.
  const untilDead = (): boolean => {
    clock.advance(1_000)
    return lost.isOver
  }
  await waitFor(untilDead, 'the dead one is given up')
  assert.equal(lost.failure?.code, 'ENDPOINT_TIMEOUT')
  assert.ok(dead.pings > 0)
  let asked = 0
  for (let second = 0; second < 600; second++) {
    clock.advance(1_000)
    const { pings } = alive
    // An answer to a PING takes some turns of the loop, and no time of this clock.
    for (let turn = 0; turn < (pings > asked ? 100 : 3); turn++) await new Promise(setImmediate)
    asked = pings
  }
  assert.ok(alive.pings >= 3 && alive.pings <= 6, `${alive.pings} PINGs within 10 minutes`)
  assert.equal(waiting.isOver, false)
})

test('2,000 requests, some aborted, leave no stream', async (t) => {
  const endpoint = await startH2Endpoint(t, (stream) => answer(stream, 'x'.repeat(1_000)))
  const h2 = client(t, endpoint.url)
  for (let round = 0; round < 20; round++) {
    const sinks = Array.from({ length: 100 }, () =>
      ask(h2, { method: 'POST', body: Buffer.from('y') }),
    )
    for (let i = round % 7; i < sinks.length; i += 7) sinks[i]?.call?.abort()
    for (const [i, sink] of sinks.entries()) if (i % 7 !== round % 7) await sink.over()
  }
  await waitFor(() => streamsOf(h2) === 0 && endpoint.streams.size === 0, 'no stream is left')
  assert.equal(sessionsOf(h2), 1)
})

function client(
  t: TestContext,
  url: string,
  differences: Partial<EndpointTarget> = {},
  clock: Clock = systemClock,
): H2Client {
  const target: EndpointTarget = {
    url,
    protocol: 'h2',
    connectTimeoutMs: 5_000,
    responseTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    tls: NO_TLS,
    connections: { maxIdle: 1_024, idleMs: 60_000 },
    ...differences,
  }
  const made = new H2Client(target, clock)
  t.after(() => made.destroy())
  return made
}

/** An endpoint that takes one stream a connection, and answers each when its `held` is called. */
async function startHolding(t: TestContext) {
  const held: (() => void)[] = []
  const hold = (stream: ServerHttp2Stream): void => {
    held.push(() => answer(stream, 'ok'))
  }
  const settings = { maxConcurrentStreams: 1 }
  return { held, endpoint: await startH2Endpoint(t, hold, { settings }) }
}

function ask(
  h2: H2Client,
  differences: Partial<OutgoingRequest> = {},
  prepare: (sink: AnswerRecorder) => void = () => undefined,
): AnswerRecorder {
  const sink = new AnswerRecorder()
  prepare(sink)
  sink.call = h2.send(outgoing({ target: '/a?b=1', ...differences }), sink)
  return sink
}

function sessionsOf(h2: H2Client): number {
  return h2.status().sessions
}

function streamsOf(h2: H2Client): number {
  return h2.status().streams
}

function pick(headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1] === name)
}

function pieces(bytes: Buffer): Readable {
  let at = 0
  return new Readable({
    read(size) {
      this.push(at < bytes.length ? bytes.subarray(at, at + size) : null)
      at += size
    },
  })
}

function endless(): Readable {
  return new Readable({
    read(size) {
      this.push(Buffer.alloc(size))
    },
  })
}

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
