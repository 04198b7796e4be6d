import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import {
  bind,
  defineGateway,
  definePlugin,
  type Endpoint,
  LOGGER,
  type Plugin,
  type PluginUse,
  Type,
} from 'sluice'
import { createGateway } from 'sluice/gateway'
import { random, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { Agent, request } from 'undici'
import { waitFor } from '../../support/deadline.ts'
import { listening } from '../../support/listening.ts'

const A = 'http://a.test'
const B = 'http://b.test'
const ENDPOINTS = { [A]: () => ({ body: 'a' }), [B]: () => ({ body: 'b' }) }

/** Counts its life in `lives`; one definition, so that equal uses carry over. */
function counting(lives: string[]) {
  return definePlugin({
    name: 'counting',
    options: Type.Object({ label: Type.String() }),
    create({ label }): Plugin {
      lives.push(`create ${label}`)
      return { dispose: () => void lives.push(`dispose ${label}`) }
    },
  })
}

function config(options: { endpoints?: string[]; plugins?: PluginUse[]; path?: string }) {
  return defineGateway({
    http: { port: 0 },
    upstreams: {
      main: {
        endpoints: options.endpoints ?? [A],
        balance: roundRobin(),
        plugins: options.plugins ?? [],
      },
    },
    routes: [{ path: options.path ?? '/', to: 'main' }],
  })
}

test('a reload swaps routes, and equal uses and endpoints go on as they are', async (t) => {
  const lives: string[] = []
  const plugin = counting(lives)
  const before = config({ endpoints: [A], plugins: [plugin({ label: 'x' })], path: '/old' })
  const { gateway, inject, close } = await createTestGateway(before, { endpoints: ENDPOINTS })
  t.after(close)
  await gateway.reload(
    config({ endpoints: [A, B], plugins: [plugin({ label: 'x' })], path: '/new' }),
  )
  assert.equal((await inject('/old')).statusCode, 404)
  assert.deepEqual([(await inject('/new')).body, (await inject('/new')).body], ['a', 'b'])
  assert.deepEqual(lives, ['create x'])
})

test('a use whose options changed is made anew, and the old one is disposed of', async (t) => {
  const lives: string[] = []
  const plugin = counting(lives)
  const before = config({ plugins: [plugin({ label: 'x' })] })
  const { gateway, close } = await createTestGateway(before, { endpoints: ENDPOINTS })
  t.after(close)
  await gateway.reload(config({ plugins: [plugin({ label: 'y' })] }))
  await waitFor(() => lives.length === 3, 'the old use is disposed of')
  assert.deepEqual(lives, ['create x', 'create y', 'dispose x'])
})

test('a config that fails to load changes nothing', async (t) => {
  const lives: string[] = []
  const plugin = counting(lives)
  const broken = definePlugin({
    name: 'broken',
    options: Type.Object({}),
    create(): Plugin {
      throw new Error('cannot be made')
    },
  })
  const before = config({ plugins: [plugin({ label: 'x' })] })
  const { gateway, inject, close } = await createTestGateway(before, { endpoints: ENDPOINTS })
  t.after(close)
  const plugins = [plugin({ label: 'x' }), plugin({ label: 'z' }), broken()]
  await assert.rejects(gateway.reload(config({ endpoints: [B], plugins })), {
    name: 'ConfigError',
    message: 'upstreams.main.plugins[2] broken: cannot be made',
  })
  assert.equal((await inject('/')).body, 'a')
  assert.deepEqual(lives, ['create x', 'create z', 'dispose z'])
  await gateway.reload(config({ endpoints: [B] }))
  assert.equal((await inject('/')).body, 'b')
})

test('what a use holds is released when a reload drops it', async (t) => {
  const holding = definePlugin({
    name: 'holding',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstream.hold(upstream.endpoints[0] as Endpoint, 'test')
      },
    }),
  })
  const { gateway, clock, inject, close } = await createTestGateway(
    config({ plugins: [holding()] }),
    { endpoints: ENDPOINTS },
  )
  t.after(close)
  clock.advance(0)
  assert.equal((await inject('/')).statusCode, 503)
  await gateway.reload(config({}))
  clock.advance(0)
  assert.equal((await inject('/')).statusCode, 200)
})

test('another strategy takes over the same endpoints with what is in flight on them', async (t) => {
  let answer: () => void = () => {}
  const { gateway, inject, close } = await createTestGateway(config({}), {
    endpoints: {
      [A]: () =>
        new Promise((resolve) => {
          answer = () => resolve({ body: 'late' })
        }),
    },
  })
  t.after(close)
  const pending = inject('/')
  const inflight = () => gateway.status().upstreams.main?.endpoints[0]?.inflight
  while (inflight() !== 1) await new Promise((resolve) => setImmediate(resolve))
  await gateway.reload(
    defineGateway({
      http: { port: 0 },
      upstreams: { main: { endpoints: [A], balance: random() } },
      routes: [{ path: '/', to: 'main' }],
    }),
  )
  assert.equal(inflight(), 1)
  answer()
  assert.equal((await pending).body, 'late')
  assert.equal(inflight(), 0)
})

test('20 reloads under load lose no request, and leave nothing behind', async (t) => {
  const urls = await Promise.all([endpoint(t), endpoint(t)])
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const make = (round: number) =>
    defineGateway({
      http: { host: '127.0.0.1', port: 0 },
      upstreams: {
        main: {
          endpoints: round % 2 === 0 ? urls : [...urls].reverse().slice(0, 1),
          balance: round % 3 === 0 ? roundRobin() : random(),
        },
      },
      routes: [
        { path: '/', to: 'main' },
        { path: `/round/${round}`, to: 'main' },
      ],
    })
  const gateway = await createGateway(make(0), [bind(LOGGER, silent)])
  const [address] = await gateway.listen()
  const agent = new Agent({ connections: 8 })
  t.after(() => Promise.all([gateway.close(), agent.close()]))
  let isOver = false
  let requests = 0
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const { statusCode, body } = await request(`http://127.0.0.1:${address?.port}/x`, {
        dispatcher: agent,
      })
      assert.equal(statusCode, 200)
      assert.equal(await body.text(), 'served')
      requests++
    }
  })
  for (let round = 1; round <= 20; round++) {
    const served = requests
    await gateway.reload(make(round))
    while (requests < served + 20) await new Promise((resolve) => setImmediate(resolve))
  }
  isOver = true
  await Promise.all(load)
  assert.equal(gateway.status().exchanges, 0)
  for (const { inflight } of gateway.status().upstreams.main?.endpoints ?? []) {
    assert.equal(inflight, 0)
  }
})

async function endpoint(t: TestContext): Promise<string> {
  return listening(
    t,
    createServer((_request, response) => response.end('served')),
  )
}
