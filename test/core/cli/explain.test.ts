import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { definePlugin, defineStrategy, type Endpoint, type Exchange, hash32, Type } from 'sluice'
import { dnsEndpoints, drain, priority, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { asked } from '../../../core/cli/asked.ts'
import { offered } from '../../../core/cli/explain.ts'
import { type Explanation, explanationOf } from '../../../core/cli/explanation.ts'
import { told } from '../../../core/cli/told.ts'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { createRouter, RULE } from '../../../core/http/match.ts'
import { resolveWhole } from '../../../core/standard-plugins.ts'
import { sluice } from '../../support/command.ts'
import config from './configs/explain.config.ts'

const folder = new URL('configs/', import.meta.url).pathname
const FILE = join(folder, 'explain.config.ts')

/** What `explain` makes of a request, without a process for each. */
function explained(method: string, url: string, ...headers: string[]): Explanation {
  const resolved = resolveConfig(config, undefined, [priority()])
  const router = createRouter(resolved.routes.map((route) => route.match))
  return explanationOf(resolved, router, offered(), asked([method, url], headers))
}

test('the route, its parameters, its chain and its candidates are told, and nothing is made', async () => {
  const { ended, output, errors } = sluice([
    'explain',
    'GET',
    'http://API.test:80/users/a%20b',
    '-c',
    FILE,
  ])
  assert.equal(await ended, 0, errors())
  assert.deepEqual(output().trimEnd().split('\n'), [
    'GET /users/a%20b, host API.test:80',
    '-> routes[0]: user',
    '',
    'path parameters',
    '  id  a%20b',
    '',
    'other routes for this host or path, nearest first',
    '  routes[1]  beta     condition: it asks for header x-beta /^[1-9]/, got nothing',
    '  routes[2]  session  condition: it asks for query v "2", got nothing; condition: it asks for cookie session, got nothing',
    '  routes[3]  first    path: it asks for /first; condition: it asks for query a, got nothing',
    '  routes[4]  later    path: it asks for /first; condition: it asks for query b, got nothing',
    '  routes[5]  posts    path: it asks for /posts; method: it asks for POST, PUT',
    '',
    'rule: the first difference decides',
    ...RULE.map((part, index) => `  ${index + 1}. ${part}`),
    '',
    'chain, in this order',
    '  gateway   @fastify/helmet  plugins[0]                  native: Fastify’s phases, around all plugins below',
    '  route     @fastify/cors    routes[0].plugins[1]        native: Fastify’s phases, around all plugins below',
    '  gateway   first            plugins[1]',
    '  route     second           routes[0].plugins[0]',
    '  upstream  third            upstreams.users.plugins[0]',
    '',
    'upstream users, round-robin inside priority',
    '  users-1.test  http://users-1.test  weight 1  0 in flight  not checked',
    '  two           http://users-2.test  weight 3  0 in flight  not checked',
  ])
})

test('--json tells the same to programs', async () => {
  const { ended, output } = sluice([
    ...['explain', 'POST', '/users/7', '-H', 'Host: api.test', '--header', 'X-Beta: 2'],
    ...['--json', '-c', FILE],
  ])
  assert.equal(await ended, 0)
  const told = JSON.parse(output()) as Explanation
  assert.deepEqual(
    told,
    JSON.parse(JSON.stringify(explained('POST', 'http://api.test/users/7', 'x-beta: 2'))),
  )
  assert.deepEqual(told.route, {
    place: 'routes[1]',
    id: 'beta',
    path: '/users/:id',
    params: { id: '7' },
  })
  assert.equal(told.answer, null)
  assert.deepEqual(told.upstreams[0]?.endpoints, [
    {
      ...{ id: 'beta.test', url: 'http://beta.test', weight: 1, priority: 0, zone: '' },
      inflight: 0,
      state: 'not checked',
      changes: [],
    },
  ])
})

test('each part of the rule is named where it decides', () => {
  const why = (told: Explanation, id: string) => told.others.find((one) => one.id === id)?.why
  const session = ['cookie: session=1', 'x-beta: 1'] as const
  const host = explained('GET', 'http://api.test/users/7?v=2', ...session)
  assert.equal(host.route?.id, 'user')
  assert.deepEqual(why(host, 'session'), ['host: less specific'])
  assert.deepEqual(why(host, 'beta'), ['order: later in the config'])
  const conditions = explained('GET', 'http://x/first?a&b')
  assert.deepEqual(conditions.route?.id, 'first')
  assert.deepEqual(why(conditions, 'later'), ['order: later in the config'])
})

test('a path that is less specific and conditions that are fewer are named', () => {
  const resolved = resolveConfig({
    ...config,
    routes: [
      { name: 'root', to: 'users' },
      { name: 'a', path: '/a', to: 'users' },
      { name: 'wanted', path: '/a', query: { v: true }, to: 'users' },
    ],
  })
  const router = createRouter(resolved.routes.map((route) => route.match))
  const { others } = explanationOf(resolved, router, offered(), asked(['GET', '/a?v'], []))
  assert.deepEqual(
    others.map(({ id, why }) => [id, ...why]),
    [
      ['root', 'path: less specific'],
      ['a', 'conditions: fewer'],
    ],
  )
})

test('a request that no route takes is told with the answer it gets, and exits 0', async () => {
  const refused = sluice(['explain', 'GET', 'http://www.test/posts', '-c', FILE])
  assert.equal(await refused.ended, 0)
  assert.match(refused.output(), /^-> no route: 405 Method Not Allowed, Allow: POST, PUT$/m)
  const missing = sluice(['explain', 'GET', 'http://www.test/none', '-c', FILE])
  assert.equal(await missing.ended, 0)
  assert.match(missing.output(), /^-> no route: 404 Not Found$/m)
})

const NONSENSE: readonly (readonly [args: readonly string[], message: string])[] = [
  [[], 'explain takes a method and a URL, such as GET http://api.example.com/users/7, got nothing'],
  [
    ['GET'],
    'explain takes a method and a URL, such as GET http://api.example.com/users/7, got "GET"',
  ],
  [
    ['http://a/', 'GET'],
    'unknown method "http://a/"; the method comes first, such as GET http://api.example.com/users/7',
  ],
  [['get', '/'], 'unknown method "get"; did you mean "GET"?'],
  [['CONNECT', '/'], 'the gateway answers CONNECT with 501 before it looks for a route'],
  [['GET', 'users'], '"users" is no URL; write http://host/path, or /path alone'],
  [['GET', ''], '"" is no URL; write http://host/path, or /path alone'],
  [['GET', 'ftp://a/'], '"ftp://a/" is no URL; write http://host/path, or /path alone'],
  [['GET', '/a#b'], '"/a#b" has a fragment; clients keep what follows # to themselves'],
  [['GET', '/é f'], '"/é f" must be written as clients send it: /%C3%A9%20f'],
  [
    ['GET', '/a/%2e%2e/b'],
    'the gateway refuses this request: 400 Bad Request. The path has a dot segment or a malformed escape.',
  ],
  [
    ['GET', 'http://u:p@h/'],
    'the gateway refuses this request: 400 Bad Request. The request is malformed.',
  ],
  [['GET', '/', '-H', 'x-beta'], `-H "x-beta" is no header; write 'name: value'`],
  [['GET', '/', '-H', ': 1'], '-H ": 1" is no header: Header name must be a valid HTTP token [""]'],
  [
    ['GET', '/', '-H', 'a: b\nc: d'],
    '-H "a: b\nc: d" is no header: Invalid character in header content ["a"]',
  ],
  [
    ['GET', '/', '-H', 'host: a', '-H', 'Host: b'],
    'the gateway refuses this request: 400 Bad Request. The request is malformed.',
  ],
  [
    ['GET', '/', '-H', 'expect: 200'],
    'the gateway refuses this request: 417 Expectation Failed. Only 100-continue can be expected.',
  ],
]
for (const [args, message] of NONSENSE) {
  test(`${JSON.stringify(args)} is no request to explain: ${JSON.stringify(message)}`, () => {
    const at = args.includes('-H') ? args.indexOf('-H') : args.length
    const headers = args.slice(at).filter((arg) => arg !== '-H')
    assert.throws(() => asked(args.slice(0, at), headers), { name: 'Error', message })
  })
}

test('a request that makes no sense exits 2 with one line', async () => {
  const { ended, errors, output } = sluice(['explain', 'GET', '/a/../b', '-c', FILE])
  assert.equal(await ended, 2)
  assert.match(errors(), /^sluice: the gateway refuses this request: 400 [^\n]*\n$/)
  assert.equal(output(), '')
})

for (const [args, message] of [
  [['check', '-H', 'a: b'], /check takes no header; explain does/],
  [['start', '--json'], /start takes no --json; explain, plan and simulate do/],
  [['explain', 'GET', '/', '-H'], /argument missing/],
] as const) {
  test(`sluice ${args.join(' ')} is a wrong command`, async () => {
    const { ended, errors } = sluice(args)
    assert.equal(await ended, 2)
    assert.match(errors(), message)
  })
}

test('a config that is wrong exits 1 with its problems', async () => {
  const broken = join(folder, 'broken.config.mjs')
  const { ended, errors } = sluice(['explain', 'GET', '/', '-c', broken])
  assert.equal(await ended, 1)
  assert.match(errors(), /sluice: routes\[0\]\.to: unknown upstream "user"/)
})

test('explain says what the gateway does', async () => {
  const tell = definePlugin({
    name: 'tell',
    options: Type.Object({}),
    create: () => ({ request: (exchange) => exchange.reply(200, {}, exchange.route.id) }),
  })
  const routes = (config.routes ?? []).map((route) => ({ ...route, plugins: [] }))
  const upstreams = Object.fromEntries(
    Object.entries(config.upstreams).map(([name, upstream]) => [
      name,
      { ...upstream, plugins: [] },
    ]),
  )
  const { inject, close } = await createTestGateway(
    { ...config, upstreams, routes, plugins: [tell()] },
    { endpoints: {} },
  )
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    for (const host of ['api.test', 'www.test', 'other']) {
      for (const url of ['/users/7?v=2', '/users', '/first?b', '/posts', '/none']) {
        for (const headers of [{}, { 'x-beta': '1' }, { cookie: 'session=1' }]) {
          const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
          const { route, answer } = explained(method, `http://${host}${url}`, ...lines)
          const got = await inject({ method, url, headers: { host, ...headers } })
          const what = `${method} ${host}${url} ${lines}`
          assert.equal(got.statusCode, answer?.status ?? 200, what)
          if (route !== null) assert.equal(got.body, route.id, what)
          assert.deepEqual(got.headers.allow, answer?.allow.join(', ') || undefined, what)
        }
      }
    }
  }
  await close()
})

test('the guide has the rule that explain prints', () => {
  const guide = readFileSync(new URL('../../../docs/guide/routing.md', import.meta.url), 'utf8')
  for (const part of RULE) assert.ok(guide.includes(part), part)
})

test('levels, zones and the key of the request are told as the strategy sees them', () => {
  const byUser = defineStrategy({
    name: 'by-user',
    options: Type.Object({}),
    create: () => {
      let ready: readonly Endpoint[] = []
      return {
        key: { header: 'x-user' },
        update: (endpoints) => {
          ready = endpoints
        },
        pick: ({ key }) => ready[key % ready.length],
      }
    },
  })
  const upstream = {
    endpoints: [
      { url: 'http://a.test', zone: 'z' },
      'http://b.test',
      { url: 'http://c.test', priority: 1 },
    ],
    balance: byUser(),
  }
  const resolved = resolveConfig(
    { http: { port: 0 }, upstreams: { users: upstream }, routes: [{ to: 'users' }] },
    undefined,
    [priority()],
  )
  const router = createRouter(resolved.routes.map((route) => route.match))
  const tell = (...headers: string[]) =>
    told(explanationOf(resolved, router, offered(), asked(['GET', '/'], headers))).split('\n')
  const hash = hash32('ada')
  const goes = ['a.test', 'b.test'][hash % 2]
  assert.deepEqual(tell('x-user: ada').slice(-5), [
    'upstream users, by-user inside priority',
    '  a.test  http://a.test  weight 1  priority 0  zone z   0 in flight  not checked',
    '  b.test  http://b.test  weight 1  priority 0  no zone  0 in flight  not checked',
    '  c.test  http://c.test  weight 1  priority 1  no zone  0 in flight  not checked',
    `  key by header x-user: hash ${hash}, which gets ${goes} while all are ready`,
  ])
  assert.equal(
    tell().at(-1),
    '  key by header x-user: this request has none, so the fallback chooses',
  )
})

test('endpoints that are found while the gateway runs are told by what finds them', () => {
  const endpoints = dnsEndpoints({ name: 'users.test' })
  const resolved = resolveConfig({
    http: { port: 0 },
    upstreams: { users: { endpoints, balance: roundRobin() } },
    routes: [{ to: 'users' }],
  })
  const router = createRouter(resolved.routes.map((route) => route.match))
  const explanation = explanationOf(resolved, router, offered(), asked(['GET', '/'], []))
  assert.equal(explanation.upstreams[0]?.discovery, 'dns-endpoints')
  assert.deepEqual(told(explanation).split('\n').slice(-2), [
    'upstream users, round-robin',
    '  found by dns-endpoints while the gateway runs',
  ])
})

test('a key function that throws is told, with what it said', () => {
  const byUser = defineStrategy({
    name: 'by-user',
    options: Type.Object({}),
    create: () => ({
      key: (exchange: Exchange) => (exchange.header('x-user') as string).toLowerCase(),
      update() {},
      pick: () => undefined,
    }),
  })
  const resolved = resolveConfig({
    http: { port: 0 },
    upstreams: { users: { endpoints: ['http://a.test'], balance: byUser() } },
    routes: [{ to: 'users' }],
  })
  const router = createRouter(resolved.routes.map((route) => route.match))
  const lines = told(explanationOf(resolved, router, offered(), asked(['GET', '/'], [])))
  assert.match(lines, /key by a function: it throws, so this request fails: .*toLowerCase/)
})

test('a path that a plugin of the gateway answers is told as that plugin’s', () => {
  const resolved = resolveConfig(
    { ...config, plugins: [drain({ readiness: { path: '/readyz' } })] },
    undefined,
    [priority()],
  )
  const router = createRouter(resolved.routes.map((route) => route.match))
  const text = (path: string) =>
    told(explanationOf(resolved, router, offered(), asked(['GET', path], [])))
  assert.match(text('/readyz'), /^GET \/readyz, no host\n-> answered by plugins\[0\] drain$/m)
  assert.doesNotMatch(text('/readyz/'), /answered by/)
})

test('the upstream that stands in for the route’s own is told as a fallback', async () => {
  const [users] = Object.keys(config.upstreams)
  const upstreams = {
    ...config.upstreams,
    spare: { endpoints: ['http://10.0.0.9:1'], balance: roundRobin() },
  }
  const routes = [{ to: users as never, fallback: { to: 'spare' as never } }]
  const resolved = await resolveWhole({ ...config, upstreams, routes })
  const router = createRouter(resolved.routes.map((route) => route.match))
  const text = told(explanationOf(resolved, router, offered(), asked(['GET', '/'], [])))
  assert.match(text, /^upstream users, /m)
  assert.match(text, /^fallback spare, round-robin inside priority$/m)
})
