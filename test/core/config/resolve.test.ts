import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, drain } from 'sluice/plugins'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { bind, CLOCK } from '../../../core/index.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { configWith, pause, problemsOf, upstreamWith } from './resolving.ts'

test('a config that leaves out all it can gets every default', () => {
  const { listeners, upstreams, routes, plugins, provide, shutdownTimeoutMs } = resolveConfig(
    configWith(),
  )
  assert.deepEqual(listeners, [
    {
      kind: 'http',
      port: 0,
      host: '0.0.0.0',
      trust: [],
      headersTimeout: 5_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 72_000,
      maxHeaderSize: 16_384,
      minRate: { bytes: 240, grace: 5_000 },
      maxConnections: 0,
      tls: undefined,
      proxies: undefined,
      redirect: undefined,
    },
  ])
  const [users] = upstreams
  assert.equal(users?.host, 'preserve')
  assert.equal(users?.failure, undefined)
  assert.deepEqual(users?.target, {
    connectTimeoutMs: 5_000,
    responseTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    connections: { maxIdle: 1_024, idleMs: 60_000 },
    protocol: 'h1',
    tls: { ca: '', cert: '', key: '', servername: '', insecure: false },
  })
  assert.deepEqual(users?.limits, { requestTimeoutMs: 0, deadlineHeader: '', maxInflight: 0 })
  assert.deepEqual(users?.endpoints, [
    { id: '10.0.0.1:9001', url: 'http://10.0.0.1:9001', weight: 1, priority: 0, zone: '' },
  ])
  const match = { hosts: [], path: '/users', exact: false, methods: [], conditions: [] }
  const targets = { to: ['users'], shares: {}, mirrors: [], fallbacks: [], fields: new Map() }
  const route = { id: '/users', path: '/users', match, bodyLimitBytes: 0, plugins: [], ...targets }
  assert.deepEqual(routes, [route])
  assert.deepEqual([plugins, provide, shutdownTimeoutMs], [[], [], 30_000])
})

test('a route that names no body limit has the gateway’s', () => {
  const routes = [
    { path: '/', to: 'users' },
    { path: '/up', to: 'users', bodyLimit: 0 },
    { path: '/in', to: 'users', bodyLimit: '1mb' },
  ]
  const limits = resolveConfig(configWith({ bodyLimit: '10kb', routes })).routes
  assert.deepEqual(
    limits.map(({ bodyLimitBytes }) => bodyLimitBytes),
    [10_240, 0, 1_048_576],
  )
})

test('resolving leaves the config as it was, so that it can be resolved again', () => {
  const config = upstreamWith({ plugins: [pause({ window: '5s' })], timeouts: { connect: '1s' } })
  const before = structuredClone(JSON.parse(JSON.stringify(config)))
  resolveConfig(config)
  assert.deepEqual(JSON.parse(JSON.stringify(config)), before)
  assert.deepEqual(problemsOf(config), [])
})

test('what is not an object is no config', () => {
  const made = 'a config must be an object made by defineGateway(), got'
  assert.deepEqual(problemsOf(undefined), [`${made} nothing`])
  assert.deepEqual(problemsOf(null), [`${made} null`])
  assert.deepEqual(problemsOf('x'), [`${made} "x"`])
  assert.deepEqual(
    problemsOf(() => ({})),
    [`${made} a function`],
  )
})

test('everything that a config needs is named when it is missing', () => {
  assert.deepEqual(problemsOf({}), [
    '"http" is missing',
    '"upstreams" is missing',
    '"routes" is missing',
  ])
})

test('an unknown key of the gateway is refused with the nearest name', () => {
  assert.deepEqual(problemsOf(configWith({ rotes: [] })), [
    'unknown key "rotes"; did you mean "routes"?',
  ])
})

test('what is wrong at the top does not hide what is wrong below', () => {
  const config = configWith({
    plugin: [],
    shutdownTimeout: '5 minutes',
    http: { port: 70_000 },
    routes: [{ to: 'user' }],
  })
  assert.deepEqual(problemsOf(config), [
    'unknown key "plugin"; did you mean "plugins"?',
    'shutdownTimeout must be a duration such as "30s", got "5 minutes"',
    'http.port must be <= 65535, got 70000',
    'routes[0].to: unknown upstream "user"; did you mean "users"?',
  ])
})

for (const written of ['5 minutes', '-1m', '1e3s', '10x', '', -1, Number.NaN, null]) {
  const shown = Number.isNaN(written) ? 'NaN' : JSON.stringify(written)
  test(`the duration ${shown} is refused wherever it stands`, () => {
    const sentence = `must be a duration such as "30s", got ${shown}`
    assert.deepEqual(problemsOf(configWith({ shutdownTimeout: written })), [
      `shutdownTimeout ${sentence}`,
    ])
    assert.deepEqual(problemsOf(configWith({ http: { port: 1, headersTimeout: written } })), [
      `http.headersTimeout ${sentence}`,
    ])
    assert.deepEqual(problemsOf(upstreamWith({ timeouts: { response: written } })), [
      `upstreams.users.timeouts.response ${sentence}`,
    ])
    assert.deepEqual(
      problemsOf(configWith({ plugins: [pause(), pause({ window: written as never })] })),
      [`plugins[1] pause: /window ${sentence}`],
    )
  })
}

test('a listener’s mistakes name the listener', () => {
  const http = [{ port: 1 }, { port: -1, hots: '::1', maxHeaderSize: '64k' }, { port: '80' }]
  assert.deepEqual(problemsOf(configWith({ http })), [
    'http[1]: unknown key "hots"; did you mean "host"?',
    'http[1].port must be >= 0, got -1',
    'http[1].maxHeaderSize must be a size such as "64kb", got "64k"',
    'http[2].port must be a whole number, got "80"',
  ])
})

test('a trusted proxy must be an address or a CIDR', () => {
  const good = ['10.0.0.0/8', '192.168.1.1', '::1', 'fd00::/8', '0.0.0.0/0']
  assert.deepEqual(problemsOf(configWith({ http: { port: 0, trust: good } })), [])
  for (const wrong of [
    '10.0.0.0/33',
    '::/129',
    'localhost',
    '10.0.0/8',
    '10.0.0.0/',
    '1.2.3.4/8/9',
  ]) {
    assert.deepEqual(problemsOf(configWith({ http: { port: 0, trust: [wrong] } })), [
      `http.trust[0] must be a CIDR such as "10.0.0.0/8", got "${wrong}"`,
    ])
  }
})

test('two listeners on one address are refused, two that let the system choose are not', () => {
  const twice = [{ port: 8080 }, { port: 8081 }, { port: 8080 }]
  assert.deepEqual(problemsOf(configWith({ http: twice })), [
    'http[2]: http[0] has the same address',
  ])
  assert.deepEqual(problemsOf(configWith({ http: [{ port: 0 }, { port: 0 }] })), [])
  const apart = [
    { port: 8080, host: '127.0.0.1' },
    { port: 8080, host: '::1' },
  ]
  assert.deepEqual(problemsOf(configWith({ http: apart })), [])
})

test('what `provide` lists must be made by bind', () => {
  assert.deepEqual(problemsOf(configWith({ provide: [bind(CLOCK, new VirtualClock())] })), [])
  assert.deepEqual(problemsOf(configWith({ provide: [5, { token: 'CLOCK' }] })), [
    'provide[0] must be made by bind(TOKEN, value), got 5',
    'provide[1] must be made by bind(TOKEN, value), got {"token":"CLOCK"}',
  ])
})

test('a gateway has at least one listener', () => {
  assert.deepEqual(problemsOf(configWith({ http: [] })), [
    'http must have at least one listener, got []',
  ])
})

test('a head cannot have longer to arrive than the whole request', () => {
  const http = { port: 0, headersTimeout: '10s', requestTimeout: '5s' }
  assert.deepEqual(problemsOf(configWith({ http })), [
    'http.headersTimeout must not be longer than requestTimeout, got 10000 ms',
  ])
  assert.deepEqual(problemsOf(configWith({ http: { ...http, requestTimeout: 0 } })), [])
})

test('an upstream without a name is refused', () => {
  const { upstreams } = configWith() as { upstreams: Record<string, unknown> }
  const config = configWith({ upstreams: { ...upstreams, '': Object.values(upstreams)[0] } })
  assert.deepEqual(problemsOf(config), ['upstreams must each have a name, got ""'])
})

test('what belongs to the whole gateway is refused elsewhere, before anything starts', () => {
  const drains = drain() as never
  assert.deepEqual(problemsOf(upstreamWith({ plugins: [drains] })), [
    "upstreams.users.plugins[0] drain must stand in the gateway's own plugins",
  ])
  assert.deepEqual(problemsOf(configWith({ routes: [{ to: 'users', plugins: [drains] }] })), [
    "routes[0].plugins[0] drain must stand in the gateway's own plugins",
  ])
})

test('a second use of what stands once is refused, wherever the first listens', () => {
  const plugins = [admin({ port: 9901 }), drain(), admin({ port: 9902 })]
  assert.deepEqual(problemsOf(configWith({ plugins })), [
    'plugins[2] admin: plugins[0] admin stands there already; keep one of them',
  ])
  assert.deepEqual(problemsOf(configWith({ plugins: plugins.slice(1) })), [])
})
