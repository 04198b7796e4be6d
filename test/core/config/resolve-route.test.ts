import assert from 'node:assert/strict'
import { test } from 'node:test'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { definePlugin, native, Type } from '../../../core/index.ts'
import { configWith, first, pause, problemsOf, routeWith } from './resolving.ts'

function routes(...list: readonly object[]): unknown {
  return configWith({ routes: list.map((route) => ({ to: 'users', ...route })) })
}

test('an unknown upstream is refused with the nearest name', () => {
  assert.deepEqual(problemsOf(routeWith({ to: 'user' })), [
    'routes[0].to: unknown upstream "user"; did you mean "users"?',
  ])
  assert.deepEqual(problemsOf(routeWith({ to: 'payments' })), [
    'routes[0].to: unknown upstream "payments"; allowed: users',
  ])
  assert.deepEqual(problemsOf(routeWith({ to: 'toString' })), [
    'routes[0].to: unknown upstream "toString"; allowed: users',
  ])
})

test('an unknown key does not hide what else is wrong with the route', () => {
  assert.deepEqual(
    [...problemsOf(routeWith({ pth: '/', to: 'user', plugins: [first()] }))].sort(),
    [
      'routes[0].plugins[0] must be a plugin, got the strategy first',
      'routes[0].to: unknown upstream "user"; did you mean "users"?',
      'routes[0]: unknown key "pth"; did you mean "path"?',
    ],
  )
})

test('the mistakes of all routes are reported at once', () => {
  assert.deepEqual(problemsOf(routes({ host: 'a b' }, { exact: 'yes' }, { path: 'users' })), [
    'routes[0].host must be names such as "api.example.com" or "*.example.com", got "a b"',
    'routes[1].exact must be true or false, got "yes"',
    'routes[2].path must look like "/users", "/users/:id" or "/files/*", got "users"',
  ])
})

const meant: readonly (readonly [host: string, hint: string])[] = [
  ['a.test:80', ', without a port'],
  ['a.test.', ', without a dot at the end'],
  ['münchen.test', ' as clients send them: "xn--mnchen-3ya.test"'],
]
for (const [host, hint] of meant) {
  test(`for the host ${host} it is said what was meant`, () => {
    assert.deepEqual(problemsOf(routeWith({ host })), [
      `routes[0].host must be names such as "api.example.com" or "*.example.com"${hint}, got "${host}"`,
    ])
  })
}

test('an IPv6 address is matched as browsers write it', () => {
  const [route] = resolveConfig(routeWith({ host: '[2001:DB8:0:0::0:1]' })).routes
  assert.deepEqual(route?.match.hosts, ['[2001:db8::1]'])
  assert.deepEqual(problemsOf(routeWith({ host: '[:::]' })), [
    'routes[0].host must be an address such as "[2001:db8::1]", got "[:::]"',
  ])
})

test('an empty list of hosts or methods does not stand for any', () => {
  assert.deepEqual(problemsOf(routeWith({ host: [], methods: [] })), [
    'routes[0].host must name at least one; leave it out for any, got []',
    'routes[0].methods must name at least one; leave it out for any, got []',
  ])
})

test('hosts and methods are matched in one spelling', () => {
  const [route] = resolveConfig(
    routeWith({ host: ['API.test', '*.A.test'], methods: ['get'] }),
  ).routes
  assert.deepEqual(route?.match.hosts, ['api.test', '*.a.test'])
  assert.deepEqual(route?.match.methods, ['GET'])
})

for (const host of ['', 'a.test:80', 'http://a.test', '*', 'a.*.test', '*a.test', 'a..test', 5]) {
  test(`${JSON.stringify(host)} is no host of a route`, () => {
    assert.equal(problemsOf(routeWith({ host })).length, 1)
  })
}

for (const path of [
  '',
  'users',
  '/a?x=1',
  '/a#b',
  '/a b',
  '/a/*/b',
  '/a*',
  '/a:b',
  '/:a-:b',
  '/:',
  '/:1',
]) {
  test(`${JSON.stringify(path)} is no path of a route`, () => {
    assert.equal(problemsOf(routeWith({ path })).length, 1)
  })
}

test('a path has no dot segments and names each parameter once', () => {
  assert.deepEqual(problemsOf(routeWith({ path: '/a/../b' })), [
    'routes[0].path must not have dot segments or a malformed escape, got "/a/../b"',
  ])
  assert.deepEqual(problemsOf(routeWith({ path: '/:id/:id' })), [
    'routes[0].path must not name one parameter twice, got "/:id/:id"',
  ])
})

const unmatched: Readonly<Record<string, string>> = {
  '/café': 'must be written as clients send it: "/caf%C3%A9"',
  '/%61b': 'must have unreserved characters as they are: "/ab"',
  '/a%2': 'must not have dot segments or a malformed escape',
  '/%zz': 'must not have dot segments or a malformed escape',
  '/%2e%2e': 'must not have dot segments or a malformed escape',
}
for (const [path, sentence] of Object.entries(unmatched)) {
  test(`the path ${path}, which no request could match, is refused`, () => {
    assert.deepEqual(problemsOf(routeWith({ path })), [
      `routes[0].path ${sentence}, got ${JSON.stringify(path)}`,
    ])
  })
}

test('a route that is exact cannot end in a star', () => {
  assert.deepEqual(problemsOf(routeWith({ path: '/files/*', exact: true })), [
    'routes[0].path must not end in a star on a route that is exact, got "/files/*"',
  ])
})

test('two routes for the same match are refused with both places', () => {
  assert.deepEqual(problemsOf(routes({ path: '/a' }, { path: '/b' }, { path: '/a' })), [
    'routes[2]: routes[0] has the same match: /a',
  ])
})

const same: readonly (readonly [object, object])[] = [
  [{ path: '/users/:id' }, { path: '/users/:name' }],
  [{ host: 'A.test' }, { host: 'a.test' }],
  [{ host: ['a.test', 'b.test'] }, { host: ['c.test', 'b.test'] }],
  [{ methods: ['GET', 'PUT'] }, { methods: ['PUT', 'POST'] }],
  [
    { path: '/', name: 'x' },
    { path: '/', name: 'y' },
  ],
  [{ path: '/files/*' }, { path: '/files/' }],
]
for (const [one, other] of same) {
  test(`${JSON.stringify(one)} and ${JSON.stringify(other)} are the same match`, () => {
    assert.match(
      problemsOf(routes(one, other)).join('\n'),
      /^routes\[1\]: routes\[0\] has the same/,
    )
  })
}

const apart: readonly (readonly [object, object])[] = [
  [{ path: '/a' }, { path: '/a', exact: true }],
  [{ path: '/a' }, { path: '/a/*' }],
  [{ path: '/a/' }, { path: '/a/', exact: true }],
  [{ path: '/' }, { path: '/*' }],
  [{ path: '/a' }, { path: '/A' }],
  [{ path: '/a' }, { path: '/a', methods: ['GET'] }],
  [{ host: 'a.test' }, { host: '*.a.test' }],
  [{ methods: ['GET'] }, { methods: ['HEAD'] }],
]
for (const [one, other] of apart) {
  test(`${JSON.stringify(one)} and ${JSON.stringify(other)} are two matches`, () => {
    assert.deepEqual(problemsOf(routes(one, other)), [])
  })
}

test('two routes with one name are refused', () => {
  assert.deepEqual(problemsOf(routes({ path: '/a', name: 'x' }, { path: '/b', name: 'x' })), [
    'routes[1]: routes[0] has the same name: "x"',
  ])
})

test('a route without a name is called by what it matches', () => {
  const config = routes({ path: '/a', methods: ['get', 'put'], host: 'a.test' }, { exact: true })
  assert.deepEqual(
    resolveConfig(config).routes.map(({ id }) => id),
    ['GET,PUT a.test/a', '/ exactly'],
  )
})

test('a native plugin stands in one place of a chain', () => {
  const config = configWith({
    plugins: [native(helmet)],
    routes: [
      { path: '/a', to: 'users', plugins: [native(cors), native(helmet)] },
      { path: '/b', to: 'users', plugins: [native(cors), pause(), native(cors)] },
    ],
  })
  assert.deepEqual(problemsOf(config), [
    'routes[0].plugins[1] @fastify/helmet: this native plugin stands at plugins[0] @fastify/helmet ' +
      'already; keep one of them',
    'routes[1].plugins[2] @fastify/cors: this native plugin stands at routes[1].plugins[0] ' +
      '@fastify/cors already; keep one of them',
  ])
})

test('one native plugin on two routes, and one of ours twice in a chain, are fine', () => {
  const config = routes(
    { path: '/a', plugins: [native(cors), pause(), pause({ window: '2s' })] },
    { path: '/b', plugins: [native(cors)] },
  )
  assert.deepEqual(problemsOf(config), [])
})

test('a chain says what stands in it that is no plugin', () => {
  const must = (index: number) => `routes[0].plugins[${index}] must be a plugin, got`
  const problems = problemsOf(routeWith({ plugins: [first(), pause, cors, null, 'cors'] }))
  assert.equal(problems.length, 5)
  assert.equal(problems[0], `${must(0)} the strategy first`)
  assert.ok(problems[1]?.startsWith(`${must(1)} the function`))
  assert.match(problems[2] ?? '', /native\(\)/)
  assert.equal(problems[3], `${must(3)} null`)
  assert.equal(problems[4], `${must(4)} "cors"`)
})

test('a plugin’s wrong options name the use, the option and what was found', () => {
  const limit = definePlugin({
    name: 'rate-limit',
    options: Type.Object({ burst: Type.Optional(Type.Integer({ default: 1 })) }),
    create: () => ({}),
  })
  const plugins = [pause({ window: '1 minute' as never }), limit({ brust: 3 } as never)]
  assert.deepEqual(problemsOf(routeWith({ plugins })), [
    'routes[0].plugins[0] pause: /window must be a duration such as "30s", got "1 minute"',
    'routes[0].plugins[1] rate-limit: unknown key "brust"; did you mean "burst"?',
  ])
})
