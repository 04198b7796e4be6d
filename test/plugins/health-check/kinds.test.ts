import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FakeRequest } from 'sluice/testing'
import { type CheckOptions, startWard } from '../../support/ward.ts'

async function verdictOf(
  options: CheckOptions,
  answer: (request: FakeRequest) => object | Promise<object>,
): Promise<string> {
  const ward = await startWard('a', options)
  ward.answers.a = answer as never
  await ward.pass(1_500)
  const [hold = 'well'] = ward.holds('a')
  await ward.close()
  return hold.replace(/\d+ x /, '')
}

test('the request is what the options say', async () => {
  const seen: FakeRequest[] = []
  const options = {
    path: '/healthz?deep=0',
    method: 'HEAD',
    host: 'users.internal',
    headers: { 'x-check': '1' },
  } as const
  await verdictOf(options, (request) => {
    seen.push(request)
    return {}
  })
  await verdictOf({}, (request) => {
    seen.push(request)
    return {}
  })
  assert.deepEqual([seen[0]?.method, seen[0]?.target], ['HEAD', '/healthz?deep=0'])
  assert.deepEqual(
    { ...seen[0]?.headers },
    {
      host: 'users.internal',
      'user-agent': 'sluice-health-check',
      'x-check': '1',
    },
  )
  assert.equal(seen.at(-1)?.headers.host, 'a.test')
})

for (const [status, expected, verdict] of [
  [204, undefined, 'well'],
  [302, undefined, 'well'],
  [404, undefined, 'health: status 404'],
  [302, ['200-299'], 'health: status 302'],
  [404, [200, 404], 'well'],
  [503, ['200-299', '500-503'], 'well'],
] as const) {
  test(`status ${status} where ${expected ?? 'the default'} passes: ${verdict}`, async () => {
    const options = expected === undefined ? {} : { status: [...expected] }
    assert.equal(await verdictOf(options, () => ({ status })), verdict)
  })
}

test('a body passes by a text or a pattern in its first 64 KiB', async () => {
  const says = (body: string) => () => ({ body })
  const far = `${' '.repeat(70_000)}ok`
  assert.equal(await verdictOf({ body: '"ok"' }, says('{"status":"ok"}')), 'well')
  assert.equal(
    await verdictOf({ body: '"ok"' }, says('{"status":"bad"}')),
    'health: a body without "\\"ok\\""',
  )
  assert.equal(await verdictOf({ body: /"(ok|warm)"/g }, says('"warm"')), 'well')
  assert.equal(await verdictOf({ body: 'ok' }, says(far)), 'health: a body without "ok"')
  assert.equal(await verdictOf({}, says(far)), 'well')
})

test('a broken connection fails the check with what broke it', async () => {
  const verdict = await verdictOf({}, () => {
    throw new Error('torn')
  })
  assert.equal(verdict, 'health: no answer: torn')
})

const GRPC = { 'content-type': 'application/grpc' }
const DONE = { 'grpc-status': '0' }
const state = (value: number) => Buffer.from([0, 0, 0, 0, 2, 8, value])

for (const [what, answer, verdict] of [
  ['SERVING', { headers: GRPC, body: state(1), trailers: DONE }, 'well'],
  ['NOT_SERVING', { headers: GRPC, body: state(2), trailers: DONE }, 'health: NOT_SERVING'],
  ['an empty message', { body: Buffer.alloc(5), trailers: DONE }, 'health: UNKNOWN'],
  ['nonsense', { body: 'hello', trailers: DONE }, 'health: an answer of no health service'],
  [
    'no health service',
    { headers: { 'grpc-status': '12' } },
    'health: no health service (grpc-status 12)',
  ],
  [
    'an unknown service',
    { headers: { 'grpc-status': '5' } },
    'health: unknown to the health service (grpc-status 5)',
  ],
  ['a status of HTTP', { status: 502 }, 'health: status 502'],
  ['no status', { body: state(1) }, 'health: no grpc-status'],
] as const) {
  test(`gRPC with ${what}: ${verdict}`, async () => {
    assert.equal(await verdictOf({ type: 'grpc' }, () => answer), verdict)
  })
}

test('the service stands in the request as protobuf has it', async () => {
  const service = 'a.very.long.Service'.repeat(10)
  let body: Buffer = Buffer.alloc(0)
  let target = ''
  await verdictOf({ type: 'grpc', service }, (request) => {
    body = request.body
    target = request.target
    return { headers: GRPC, body: state(1), trailers: DONE }
  })
  assert.equal(target, '/grpc.health.v1.Health/Check')
  // 190 bytes: a length of two, in base 128.
  assert.deepEqual([...body.subarray(0, 8)], [0, 0, 0, 0, 193, 10, 190, 1])
  assert.equal(body.subarray(8).toString(), service)
})

async function tcpVerdict(
  options: CheckOptions,
  peer: { greeting?: string; answer?(bytes: string): string } | undefined,
): Promise<string> {
  const ward = await startWard('z', { type: 'tcp', ...options })
  if (peer !== undefined) ward.peers['http://z.test'] = peer
  await ward.pass(1_500)
  const [hold = 'well'] = ward.holds('z')
  await ward.close()
  return hold.replace(/\d+ x /, '')
}

test('TCP passes by a connection, by a greeting, or by an answer to what is sent', async () => {
  const redis = { answer: (bytes: string) => (bytes === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n') }
  assert.equal(await tcpVerdict({}, {}), 'well')
  assert.equal(await tcpVerdict({}, undefined), 'unreachable: no connection: refused')
  assert.equal(await tcpVerdict({ expect: /^220 / }, { greeting: '220 mail' }), 'well')
  assert.equal(await tcpVerdict({ send: 'PING\r\n', expect: '+PONG' }, redis), 'well')
  assert.equal(
    await tcpVerdict({ send: 'NOPE\r\n', expect: '+PONG' }, redis),
    'health: no answer in time',
  )
})

test('a check of one’s own gives a verdict, throws, or is cut short', async () => {
  const verdict = (check: NonNullable<CheckOptions['check']>) => verdictOf({ check }, () => ({}))
  assert.equal(await verdict(() => true), 'well')
  assert.equal(await verdict(async () => false), 'health: said to be unwell')
  assert.equal(await verdict((() => undefined) as never), 'health: said undefined, not true')
  assert.equal(
    await verdict(() => {
      throw new Error('replica is behind\nby 30 s')
    }),
    'health: replica is behind',
  )
  assert.equal(await verdict(() => new Promise(() => {})), 'health: no verdict in time')
  let seen: unknown[] = []
  const asks = await verdict(async ({ url }, { transport, target, timeoutMs, signal }) => {
    seen = [url, target.url, timeoutMs, signal.aborted]
    return (await transport.request({ url: `${url}/x`, timeoutMs })).status === 200
  })
  assert.equal(asks, 'well')
  assert.deepEqual(seen, ['http://a.test', 'http://a.test', 1_000, false])
})

const refusals: readonly (readonly [CheckOptions, RegExp])[] = [
  [
    { path: 'healthz' },
    /health-check: \/path must begin with "\/" and have no spaces.*got "healthz"/,
  ],
  [{ status: ['2xx'] }, /\/status must have numbers such as 204 and ranges .* got "2xx"/],
  [{ status: ['399-200'] }, /got "399-200"/],
  [{ status: [] }, /\/status must/],
  [{ headers: { host: 'a' } }, /\/headers "host" is set by the option "host"/],
  [{ headers: { 'content-length': '3' } }, /between two hops/],
  [{ headers: { 'a b': '3' } }, /no header name/],
  [{ body: 5 as never }, /\/body must be a text or a RegExp/],
  [{ interval: '5ms' }, /\/interval must be at least 10 ms/],
  [{ interval: '5 s' as never }, /\/interval must be a duration/],
  [{ jitter: 1 }, /\/jitter must be <= 0.5/],
  [{ rise: 0 }, /\/rise must be >= 1/],
  [{ send: 'x' }, /has an option of type "tcp" \(send and expect\), but the type is "http"/],
  [{ type: 'grpc', path: '/x' }, /has an option of type "http" .*, but the type is "grpc"/],
  [{ service: 'x', check: () => true }, /type "grpc" \(service\), but check asks in place of that/],
  [{ initial: 'up' as never }, /\/initial must be/],
]

for (const [options, message] of refusals) {
  test(`${JSON.stringify(options)} is refused at load`, async () => {
    await assert.rejects(startWard('a', options), message)
  })
}
