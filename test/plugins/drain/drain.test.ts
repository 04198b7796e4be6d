import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import {
  CLOCK,
  definePlugin,
  type GatewayConfig,
  LIFECYCLE,
  type Lifecycle,
  type Plugin,
  Type,
} from 'sluice'
import { drain, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { within } from '../../support/deadline.ts'

const READINESS = { readiness: { path: '/readyz' } }
const UP = 'http://it.test'

async function start(t: TestContext, config: Partial<GatewayConfig> = {}) {
  const made = await createTestGateway(
    {
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { it: { endpoints: [UP], balance: roundRobin() } },
      routes: [{ path: '/it', to: 'it' }],
      plugins: [drain(READINESS)],
      ...config,
    },
    { endpoints: { [UP]: () => ({ body: 'it' }) } },
  )
  t.after(() => made.close())
  return made
}

function problemsOf(config: Partial<GatewayConfig>): Promise<readonly string[]> {
  const whole = {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: [UP], balance: roundRobin() } },
    routes: [{ path: '/it', to: 'it' }],
    ...config,
  } as GatewayConfig
  return createTestGateway(whole).then(
    () => [],
    (error) => error.problems,
  )
}

/** A plugin that hands out the gateway's lifecycle. */
function spying(): { use: ReturnType<ReturnType<typeof definePlugin>>; seen: () => Lifecycle } {
  let seen: Lifecycle | undefined
  const spy = definePlugin({
    name: 'spy',
    options: Type.Object({}),
    inject: [LIFECYCLE, CLOCK] as const,
    create(_options, lifecycle, _clock): Plugin {
      seen = lifecycle
      return {}
    },
  })
  return { use: spy(), seen: () => seen as Lifecycle }
}

describe('the path of readiness', () => {
  test('answers 503 before the gateway listens, and 200 from then on', async (t) => {
    const { gateway, inject } = await start(t)
    const before = await inject('/readyz')
    await gateway.listen()
    const after = await inject('/readyz')
    assert.deepEqual([before.statusCode, before.body], [503, 'starting\n'])
    assert.deepEqual([after.statusCode, after.body], [200, 'ready\n'])
    assert.equal(after.headers['cache-control'], 'no-store')
    assert.equal(gateway.status().phase, 'ready')
  })

  test('needs no route, and comes before one that would match', async (t) => {
    const { gateway, inject } = await start(t, { routes: [{ path: '/', to: 'it' }] })
    await gateway.listen()
    const bodies = ['/readyz', '/readyz?verbose', '/readyz/deeper', '/it'].map(
      async (url) => (await inject(url)).body,
    )
    assert.deepEqual(await Promise.all(bodies), ['ready\n', 'ready\n', 'it', 'it'])
  })

  test('answers a HEAD without a body', async (t) => {
    const { gateway, inject } = await start(t)
    await gateway.listen()
    const { statusCode, body } = await inject({ method: 'HEAD', url: '/readyz' })
    assert.deepEqual([statusCode, body], [200, ''])
  })

  test('answers 503 while another plugin has withdrawn the gateway, whose routes are served', async (t) => {
    const spy = spying()
    const { gateway, inject } = await start(t, { plugins: [drain(READINESS), spy.use] })
    await gateway.listen()
    const restore = spy.seen().withdraw()
    const [ready, served] = [await inject('/readyz'), await inject('/it')]
    restore()
    assert.deepEqual([ready.statusCode, ready.body], [503, 'draining\n'])
    assert.deepEqual([served.statusCode, served.body], [200, 'it'])
    assert.equal(served.headers.connection, 'close')
    assert.equal((await inject('/readyz')).statusCode, 200)
    assert.notEqual((await inject('/it')).headers.connection, 'close')
  })

  test('is told to the plugins of the gateway under its own name', async (t) => {
    const told: string[] = []
    const log = definePlugin({
      name: 'log',
      options: Type.Object({}),
      create: (): Plugin => ({
        finished: (exchange, outcome) => {
          told.push(`${exchange.route.id} ${outcome}`)
        },
      }),
    })
    const { inject } = await start(t, { plugins: [drain(READINESS), log()] })
    await inject('/readyz')
    assert.deepEqual(told, ['/readyz local'])
  })

  test('is gone after a reload without it', async (t) => {
    const { gateway, inject } = await start(t)
    await gateway.reload({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { it: { endpoints: [UP], balance: roundRobin() } },
      routes: [{ path: '/it', to: 'it' }],
    })
    assert.equal((await inject('/readyz')).statusCode, 404)
  })
})

describe('a plugin that serves a path', () => {
  const serving = (name: string, path: string, answer: NonNullable<Plugin['request']>) =>
    definePlugin({
      name,
      options: Type.Object({}),
      create: (): Plugin => ({ serves: new Map([[path, (exchange) => void answer(exchange)]]) }),
    })()

  test('is refused where another one serves it already, or where it is no path', async () => {
    const plugins = [drain(READINESS), serving('other', '/readyz', () => {})]
    assert.deepEqual(await problemsOf({ plugins }), [
      'plugins[1] other: plugins[0] drain answers /readyz already',
    ])
    assert.deepEqual(await problemsOf({ plugins: [serving('odd', 'readyz', () => {})] }), [
      'plugins[0] odd: a path such as "/readyz" is served, got "readyz"',
    ])
  })

  test('is a failure of the gateway where it throws or does not answer', async (t) => {
    const plugins = [
      serving('silent', '/silent', () => {}),
      serving('throwing', '/throwing', () => {
        throw new Error('on purpose')
      }),
    ]
    const { inject, gateway } = await start(t, { plugins })
    assert.equal((await inject('/silent')).statusCode, 500)
    assert.equal((await inject('/throwing')).statusCode, 500)
    assert.equal(gateway.status().exchanges, 0)
  })
})

describe('at load', () => {
  test('drain() and shutdownTimeout are not both taken', async () => {
    assert.deepEqual(await problemsOf({ plugins: [drain()], shutdownTimeout: '5s' }), [
      'shutdownTimeout: plugins[0] drain says how long a stop waits; leave shutdownTimeout out',
    ])
  })

  test('drain() belongs to the gateway', async () => {
    const misplaced = { path: '/it', to: 'it', plugins: [drain()] } as const
    assert.deepEqual(await problemsOf({ routes: [misplaced] }), [
      "routes[0].plugins[0] drain must stand in the gateway's own plugins",
    ])
    const upstream = { endpoints: [UP], balance: roundRobin(), plugins: [drain(READINESS)] }
    assert.deepEqual(await problemsOf({ upstreams: { it: upstream } }), [
      "upstreams.it.plugins[0] drain must stand in the gateway's own plugins",
    ])
  })

  test('a path of readiness is a path', async () => {
    assert.deepEqual(await problemsOf({ plugins: [drain({ readiness: { path: 'readyz' } })] }), [
      'plugins[0] drain: /readiness/path must be a path such as "/readyz", got "readyz"',
    ])
  })

  test('the last of several says, so that a preset can be followed by another', async (t) => {
    const { gateway } = await start(t, { plugins: [drain({ grace: '1h' }), drain()] })
    await gateway.listen()
    await within(gateway.close(), 'it is closed without a grace')
  })
})
