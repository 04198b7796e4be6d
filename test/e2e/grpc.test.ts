import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type Client, credentials } from '@grpc/grpc-js'
import { waitFor, within } from '../support/deadline.ts'
import {
  ECHO,
  type GrpcEndpoint,
  grpcClient,
  metadata,
  startGrpcEndpoint,
  status,
  unary,
} from '../support/grpc-endpoint.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { type StartedGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const MIB = 2 ** 20

interface Setup extends StartedGateway {
  readonly endpoint: GrpcEndpoint
  readonly client: Client
}

test('a unary call passes with its metadata, binary ones too, both ways', async (t) => {
  const { client, endpoint, gateway } = await setUp(t)
  const got = await unary(client, 'hello', { 'x-a': 'b', 'x-raw-bin': Buffer.from([0, 200, 255]) })
  assert.deepEqual([got.code, got.message?.toString()], [status.OK, 'hello'])
  assert.deepEqual(got.head.get('x-head'), ['before'])
  assert.deepEqual(got.head.get('x-head-bin'), [Buffer.from([1, 2, 3])])
  assert.deepEqual(got.trailers.get('x-trailer'), ['after'])
  assert.deepEqual(got.trailers.get('x-raw-bin'), [Buffer.from([0, 255, 128])])
  assert.deepEqual(endpoint.metadata[0]?.get('x-a'), ['b'])
  assert.deepEqual(endpoint.metadata[0]?.get('x-raw-bin'), [Buffer.from([0, 200, 255])])
  await whenIdle(gateway)
})

test('an error arrives as its status, its message and its metadata', async (t) => {
  const { client } = await setUp(t)
  for (const code of [status.NOT_FOUND, status.RESOURCE_EXHAUSTED, status.INTERNAL]) {
    const got = await unary(client, 'x', { fail: String(code) })
    assert.deepEqual([got.code, got.details], [code, 'as asked: 100 %'])
    assert.deepEqual(got.trailers.get('x-trailer'), ['after'])
  }
})

test('a message of 1 MiB passes both ways', async (t) => {
  const { client } = await setUp(t)
  const bytes = randomBytes(MIB)
  const got = await unary(client, bytes)
  assert.ok(got.message?.equals(bytes))
})

test('many calls share a connection to the endpoint', async (t) => {
  const { client, gateway } = await setUp(t)
  const all = await Promise.all(Array.from({ length: 100 }, (_, i) => unary(client, String(i))))
  assert.deepEqual(
    all.map(({ message }) => message?.toString()),
    all.map((_, i) => String(i)),
  )
  await whenIdle(gateway)
})

test('an endpoint streams down, as fast as its client reads', async (t) => {
  const { client, gateway } = await setUp(t)
  const { path, requestSerialize, responseDeserialize } = ECHO.down
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    randomBytes(64 * 1_024),
    metadata({ times: '200' }),
  )
  let bytes = 0
  for await (const message of call) bytes += message.length
  assert.equal(bytes, 200 * 64 * 1_024)
  await whenIdle(gateway)
})

test('a client streams up', async (t) => {
  const { client, gateway } = await setUp(t)
  const { path, requestSerialize, responseDeserialize } = ECHO.up
  const answered = new Promise<Buffer | undefined>((resolve, reject) => {
    const call = client.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      (error, value) => (error === null ? resolve(value) : reject(error)),
    )
    for (let i = 0; i < 20; i++) call.write(randomBytes(100_000))
    call.end()
  })
  assert.equal((await within(answered, 'an answer'))?.toString(), '2000000')
  await whenIdle(gateway)
})

test('both sides stream, each message at once', async (t) => {
  const { client, gateway } = await setUp(t)
  const { path, requestSerialize, responseDeserialize } = ECHO.both
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
  for (const text of ['one', 'two', 'three']) {
    call.write(Buffer.from(text))
    const [message] = await within(once(call, 'data'), text)
    assert.equal(String(message), text)
  }
  const ended = once(call, 'status')
  call.on('data', () => undefined)
  call.end()
  const [{ code }] = await within(ended, 'the end')
  assert.equal(code, status.OK)
  await whenIdle(gateway)
})

test('a client that cancels is heard by the endpoint at once', async (t) => {
  const { client, endpoint, gateway } = await setUp(t)
  const { path, requestSerialize, responseDeserialize } = ECHO.down
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    Buffer.from('for ever'),
  )
  call.on('error', () => undefined)
  await within(once(call, 'data'), 'a message')
  call.cancel()
  await waitFor(() => endpoint.cancelled === 1, 'the endpoint hears of it')
  await whenIdle(gateway)
})

test('a deadline ends the call on both sides', async (t) => {
  const { client, endpoint, gateway } = await setUp(t)
  const got = await unary(client, 'wait', {}, { deadline: Date.now() + 150 })
  assert.equal(got.code, status.DEADLINE_EXCEEDED)
  await waitFor(() => endpoint.cancelled === 1, 'the endpoint hears of it')
  await whenIdle(gateway)
})

test('what the gateway refuses is a status of gRPC', async (t) => {
  const dead = await setUp(t)
  dead.endpoint.stop()
  const unavailable = await unary(dead.client, 'x')
  assert.deepEqual(
    [unavailable.code, unavailable.details],
    [status.UNAVAILABLE, 'The upstream refused.'],
  )
  const lost = await setUp(t, '/elsewhere')
  const unimplemented = await unary(lost.client, 'x')
  assert.deepEqual(
    [unimplemented.code, unimplemented.details],
    [status.UNIMPLEMENTED, 'No route matches this request.'],
  )
})

test('an endpoint that is lost in the midst of a stream fails the call', async (t) => {
  const { client, endpoint, gateway } = await setUp(t)
  const { path, requestSerialize, responseDeserialize } = ECHO.both
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
  call.on('error', () => undefined)
  call.write(Buffer.from('one'))
  await within(once(call, 'data'), 'a message')
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)))
  endpoint.stop()
  const code = await within(ended, 'the end')
  assert.notEqual(code, status.OK)
  await whenIdle(gateway)
})

async function setUp(t: TestContext, path = '/'): Promise<Setup> {
  const endpoint = await startGrpcEndpoint(t)
  const started = await startGatewayTo(t, [`http://127.0.0.1:${endpoint.port}`], {
    listener: { tls: SELF_SIGNED },
    upstream: { protocol: 'h2' },
    route: { path },
  })
  const trust = credentials.createSsl(Buffer.from(SELF_SIGNED.cert))
  const client = grpcClient(t, `127.0.0.1:${started.port}`, trust)
  return { ...started, endpoint, client }
}
