import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import {
  bind,
  defineGateway,
  type Endpoint,
  LOGGER,
  type Upstream,
  type UpstreamConfig,
} from 'sluice'
import { createGateway } from 'sluice/gateway'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { A, CA, EXPIRED } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { answerText, OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { startHealthService } from '../support/grpc-health.ts'
import { startH2Endpoint } from '../support/h2-endpoint.ts'
import { listening } from '../support/listening.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'
import type { CheckOptions } from '../support/ward.ts'

// Ten times as often as by default. The timeout is for a machine that has other things to do.
const OFTEN = { interval: 200, fastInterval: 100, timeout: 2_000 } as const
// For endpoints that let it pass.
const SHORT = { interval: 400, fastInterval: 200, timeout: 300 } as const
const FALL = 3
const DEADLINE_MS = 20_000

interface Watched {
  readonly upstream: Upstream
  endpoint(at?: number): Endpoint
  /** What holds the endpoint, such as `health: 3 x status 500`. */
  held(at?: number): string
  becomes(isReady: boolean, at?: number): Promise<number>
}

/** A gateway that checks these endpoints, ten times as often as by default. */
async function check(
  t: TestContext,
  endpoints: readonly string[],
  options: CheckOptions,
  more: Partial<UpstreamConfig> = {},
): Promise<Watched> {
  const spy = upstreamSpy()
  const config = defineGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints,
        balance: roundRobin(),
        plugins: [healthCheck({ ...OFTEN, ...options }), spy.use],
        ...more,
      },
    },
    routes: [{ to: 'it' }],
    shutdownTimeout: '500ms',
  })
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const gateway = await createGateway(config, [bind(LOGGER, silent)])
  t.after(() => gateway.close())
  const upstream = spy.upstream()
  const endpoint = (at = 0) => upstream.endpoints[at] as Endpoint
  const held = (at = 0) =>
    upstream
      .state(endpoint(at))
      .holds.map(({ reason, cause }) => `${reason}: ${cause}`)
      .join()
  return {
    upstream,
    endpoint,
    held,
    async becomes(isReady, at = 0) {
      const since = performance.now()
      const is = () => (endpoint(at).holds === 0) === isReady
      await waitFor(is, () => `is ${isReady ? '' : 'not '}ready, held: ${held(at)}`, DEADLINE_MS)
      return performance.now() - since
    },
  }
}

/** Prints what it took to notice, and holds it to what the options promise. */
function assertNoticed(
  t: TestContext,
  what: string,
  ms: number,
  { interval, timeout }: { interval: number; timeout: number } = OFTEN,
): void {
  const most = interval * FALL + timeout
  t.diagnostic(`${what}: out after ${ms.toFixed(0)} ms, at most ${most} ms promised`)
  // A machine that has other things to do may be late; the rule itself is held to in virtual time.
  assert.ok(ms <= most * 3, `${ms} ms`)
}

test('an endpoint that fails is out in time and comes back, over a kept connection', async (t) => {
  let status = '200 OK'
  const server = await startEndpoint(t, () => answerText('ok', '', status))
  const { becomes, held } = await check(t, [server.url], {})
  await becomes(true)
  status = '500 Oh'
  assertNoticed(t, 'status 500', await becomes(false))
  assert.equal(held(), 'health: 3 x status 500')
  status = '200 OK'
  await becomes(true)
  assert.ok(server.requests.length >= 5)
  assert.equal(server.accepted, 1, 'connections')
})

test('an endpoint that closes its idle connections is well', async (t) => {
  const server = await startRawEndpoint(t, async (socket, reader) => {
    await reader.next()
    socket.write(OK)
    setTimeout(() => socket.end(), 20)
  })
  const { becomes, upstream, endpoint } = await check(t, [server.url], { fall: 1 })
  await becomes(true)
  await waitFor(() => server.accepted > 6, 'some checks')
  assert.deepEqual(
    upstream.state(endpoint()).changes.map(({ event }) => event),
    ['joined', 'held', 'released'],
  )
})

test('one that does not listen any more is unreachable', async (t) => {
  const server = createServer((_request, response) => response.end('ok'))
  const url = await listening(t, server)
  const { becomes, held } = await check(t, [url], {})
  await becomes(true)
  server.close()
  server.closeAllConnections()
  assertNoticed(t, 'refused', await becomes(false))
  assert.equal(held(), 'unreachable: 3 x connection refused')
})

test('TLS is verified as for requests: by the upstream’s CA, name and dates', async (t) => {
  const tls = { cert: A.cert, key: A.key }
  const server = await startEndpoint(t, () => OK, tls)
  const expired = await startEndpoint(t, () => OK, { cert: EXPIRED.cert, key: EXPIRED.key })
  const right = await check(t, [server.url], {}, { tls: { ca: CA, servername: 'a.test' } })
  await right.becomes(true)
  const other = await check(t, [server.url], {}, { tls: { ca: CA, servername: 'b.test' } })
  const unknown = await check(t, [server.url], {}, { tls: { servername: 'a.test' } })
  const late = await check(t, [expired.url], {}, { tls: { ca: CA, servername: 'old.test' } })
  for (const [one, cause] of [
    [other, /^unreachable: .*no connection: .*b\.test/],
    [unknown, /^unreachable: .*no connection: .*(self-signed|local issuer|verify the first)/],
    [late, /^unreachable: .*no connection: .*expired/],
  ] as const) {
    await waitFor(
      () => cause.test(one.held()),
      () => one.held(),
    )
  }
})

test('an upstream that speaks HTTP/2 is checked in HTTP/2', async (t) => {
  const server = await startH2Endpoint(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  const { becomes } = await check(t, [server.url], { path: '/healthz' }, { protocol: 'h2' })
  await becomes(true)
  await waitFor(() => server.requests.length > 3, 'some checks')
  assert.equal(server.requests[0]?.[':path'], '/healthz')
  assert.equal(server.accepted, 1)
})

test('an HTTP/2 connection on which nothing came in time is not asked again', async (t) => {
  let dead: unknown
  let isWell = true
  const server = await startH2Endpoint(t, (stream) => {
    if (!isWell) dead ??= stream.session
    if (stream.session === dead) return
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  const { becomes, upstream, endpoint } = await check(t, [server.url], SHORT, {
    protocol: 'h2',
  })
  await becomes(true)
  isWell = false
  await waitFor(() => dead !== undefined, 'a check that is not answered')
  const { length } = server.requests
  await waitFor(() => server.requests.length > length + 4, 'some checks')
  assert.equal(endpoint().holds, 0)
  assert.equal(upstream.state(endpoint()).changes.length, 3)
})

test('a TCP check connects, says something, and hears the answer', async (t) => {
  let isWell = true
  const server = await startRawEndpoint(t, (socket) => {
    socket.on('data', (bytes) => socket.write(isWell ? bytes : 'nothing of the kind'))
  })
  const options = { ...SHORT, type: 'tcp', send: 'PING\r\n', expect: /^PING\r\n$/ } as const
  const { becomes, held } = await check(t, [server.url], options)
  await becomes(true)
  isWell = false
  assertNoticed(t, 'wrong answer', await becomes(false), SHORT)
  assert.equal(held(), 'health: 3 x no answer in time')
  await waitFor(() => server.sockets.size <= 1, 'connections are closed again')
})

test('a TCP check of a TLS endpoint verifies it, and tells what a close says', async (t) => {
  const tls = { cert: A.cert, key: A.key }
  const server = await startRawEndpoint(t, (socket) => socket.end('bye'), { tls })
  const trusted = { tls: { ca: CA, servername: 'a.test' } }
  const well = await check(t, [server.url], { type: 'tcp', expect: 'bye' }, trusted)
  await well.becomes(true)
  const wrong = await check(t, [server.url], { type: 'tcp', expect: 'hi' }, trusted)
  await waitFor(
    () => wrong.held().includes('without "hi"'),
    () => wrong.held(),
  )
  const stranger = await check(t, [server.url], { type: 'tcp' })
  await waitFor(
    () => stranger.held().startsWith('unreachable: '),
    () => stranger.held(),
  )
})

test('gRPC’s own health service is asked about the server or one of its services', async (t) => {
  const server = await startHealthService(t)
  const url = `http://127.0.0.1:${server.port}`
  const whole = await check(t, [url], { type: 'grpc' })
  await whole.becomes(true)
  const greeter = await check(t, [url], { type: 'grpc', service: 'greeter' })
  await greeter.becomes(true)
  server.states.set('greeter', 'NOT_SERVING')
  t.diagnostic(`NOT_SERVING: out after ${(await greeter.becomes(false)).toFixed(0)} ms`)
  assert.equal(greeter.held(), 'health: 3 x NOT_SERVING')
  assert.equal(whole.endpoint().holds, 0)
  server.states.delete('greeter')
  await waitFor(() => greeter.held() !== '', 'held')
  server.states.set('greeter', 'SERVING')
  await greeter.becomes(true)
})

test('a frozen process is out in time, and back within two intervals of waking', async (t) => {
  const script = new URL('../support/frozen-endpoint.ts', import.meta.url)
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  const [port] = await within(once(child, 'message'), 'the child listens', 20_000)
  const { becomes, held } = await check(t, [`http://127.0.0.1:${port}`], SHORT)
  await becomes(true)
  child.kill('SIGSTOP')
  assertNoticed(t, 'frozen', await becomes(false), SHORT)
  assert.equal(held(), 'health: 3 x no answer in time')
  child.kill('SIGCONT')
  const backMs = await becomes(true)
  t.diagnostic(`woken: back after ${backMs.toFixed(0)} ms`)
  assert.ok(backMs <= 2 * SHORT.interval * 3, `${backMs} ms`)
})

const HEAD = 'HTTP/1.1 200 OK\r\n'
const drips = (bytes: string) => (write: (text: string) => void) => {
  const timer = setInterval(() => write(bytes), 10)
  return () => clearInterval(timer)
}
const LATE_ANSWERS: Readonly<Record<string, readonly [string, ReturnType<typeof drips>, RegExp]>> =
  {
    'never answers': ['', () => () => {}, /no answer in time/],
    'sends headers without end': [HEAD, drips('x-more: 1\r\n'), /no answer/],
    'sends its body too slowly': [
      `${HEAD}content-length: 1000\r\n\r\n`,
      drips('a'),
      /status 200, then no end in time/,
    ],
  }

for (const [what, [head, go, cause]] of Object.entries(LATE_ANSWERS)) {
  test(`an endpoint that ${what} is out in time`, async (t) => {
    let isWell = true
    const server = await startRawEndpoint(t, async (socket, reader) => {
      while (!socket.destroyed) {
        if ((await reader.next({ deadlineMs: 60_000 }).catch(() => undefined)) === undefined) return
        if (isWell) socket.write(OK)
        else {
          socket.write(head)
          socket.on(
            'close',
            go((text) => socket.write(text)),
          )
        }
      }
    })
    const { becomes, held } = await check(t, [server.url], SHORT)
    await becomes(true)
    isWell = false
    assertNoticed(t, what, await becomes(false), SHORT)
    assert.match(held(), /^health: /)
    assert.match(held(), cause)
    await waitFor(() => server.sockets.size <= 1, 'connections are closed again')
  })
}

test('a body without end is judged by its beginning', async (t) => {
  const server = createServer((_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(4_096)));
    }
    response.on('drain', more)
    more()
  })
  const { becomes } = await check(t, [await listening(t, server)], {})
  await becomes(true)
})

test('checks go to a port of their own', async (t) => {
  const users = createServer((_request, response) => response.writeHead(500).end())
  const admin = await startEndpoint(t, () => OK)
  const { becomes } = await check(t, [await listening(t, users)], { port: admin.port })
  await becomes(true)
})
