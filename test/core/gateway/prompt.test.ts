import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  bind,
  defineGateway,
  definePlugin,
  native,
  type RouteConfig,
  TRANSPORT,
  Type,
} from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { statusOf } from '../../support/message-reader.ts'
import { RawClient } from '../../support/raw-client.ts'
import { scriptedTransport } from '../../support/scripted-transport.ts'

// What is sent within the event that brought it may go out twice: whatever ended in that turn had
// ended before. Anything later must not say so.

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 0\r\n\r\n'

/** A gateway on a real port; its network keeps what it is given and answers in a later turn. */
async function start(t: TestContext, plugins: NonNullable<RouteConfig['plugins']> = []) {
  const transport = scriptedTransport((_request, sink) => {
    setImmediate(() => {
      sink.head(200, 'OK', ['content-length', '0'])
      sink.end([])
    })
  })
  const config = defineGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: ['http://a.test'], balance: roundRobin() } },
    routes: [{ to: 'it', plugins }],
    provide: [bind(TRANSPORT, transport)],
    shutdownTimeout: 0,
  })
  const { gateway, close } = await createTestGateway(config)
  const [address] = await gateway.listen()
  const client = await RawClient.connect(t, address?.port ?? 0)
  t.after(async () => {
    client.socket.destroy()
    await close()
  })
  const prompt = (): boolean[] => transport.requests.map((request) => request.prompt)
  return { client, prompt }
}

test('a request that goes straight on is sent within its event', async (t) => {
  const { client, prompt } = await start(t)
  for (let i = 0; i < 2; i++) assert.equal(statusOf(await client.send(POST).answer()), 200)
  assert.deepEqual(prompt(), [true, true])
})

test('a request that a native hook held back is not', async (t) => {
  const hook = async (app: { addHook(name: 'preHandler', hook: () => Promise<void>): unknown }) => {
    app.addHook('preHandler', () => new Promise((resolve) => setTimeout(resolve, 1)))
  }
  const shared = Object.assign(hook, { [Symbol.for('skip-override')]: true })
  const { client, prompt } = await start(t, [native(shared, {})])
  assert.equal(statusOf(await client.send(POST).answer()), 200)
  assert.deepEqual(prompt(), [false])
})

test('a request that a plugin held back is not', async (t) => {
  const held = definePlugin({
    name: 'held',
    options: Type.Object({}),
    create: () => ({ request: () => new Promise<void>((resolve) => setTimeout(resolve, 1)) }),
  })
  const { client, prompt } = await start(t, [held()])
  assert.equal(statusOf(await client.send(POST).answer()), 200)
  assert.deepEqual(prompt(), [false])
})

test('a request that waited behind another one is not', async (t) => {
  const { client, prompt } = await start(t)
  client.send(POST + POST)
  for (let i = 0; i < 2; i++) assert.equal(statusOf(await client.answer()), 200)
  assert.deepEqual(prompt(), [true, false])
})
