import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineStrategy, keySource, Type } from '../../../core/index.ts'
import { maglev, ringHash } from '../../../plugins/index.ts'
import { configWith, problemsOf, upstreamWith } from './resolving.ts'

const PLACE = 'upstreams.users.balance ring-hash: /by'
const FORMS =
  'must be "ip", "path", a function, or one of { header }, { cookie }, { query }, { param } with a name'

function problemsBy(by: unknown): readonly string[] {
  return problemsOf(upstreamWith({ balance: ringHash({ by } as never) }))
}

test('every form of a key is taken', () => {
  const forms = ['ip', 'path', { header: 'X-User' }, { cookie: '__Host-sid' }, { query: 'user id' }]
  for (const by of [...forms, () => 'key']) assert.deepEqual(problemsBy(by), [])
})

test('what is no key at all is told with all forms', () => {
  for (const [by, got] of [
    ['header', '"header"'],
    ['', '""'],
    [5, '5'],
    [null, 'null'],
    [['ip'], '["ip"]'],
    [{}, '{}'],
    [{ header: 'a', cookie: 'b' }, '{"header":"a","cookie":"b"}'],
  ]) {
    assert.deepEqual(problemsBy(by), [`${PLACE} ${FORMS}, got ${got}`])
  }
})

test('a misspelt kind is told with the nearest one', () => {
  assert.deepEqual(problemsBy({ headr: 'x' }), [
    `${PLACE} unknown key "headr"; did you mean "header"?`,
  ])
  assert.deepEqual(problemsBy({ body: 'x' }), [
    `${PLACE} unknown key "body"; allowed: cookie, header, param, query`,
  ])
})

test('a name that nothing can have is refused', () => {
  const token = 'a name without spaces or separators'
  const cases: readonly [unknown, string][] = [
    [{ header: '' }, `must have ${token} as its header, got ""`],
    [{ header: 'x user' }, `must have ${token} as its header, got "x user"`],
    [{ cookie: 'a=b' }, `must have ${token} as its cookie, got "a=b"`],
    [{ cookie: 7 }, `must have ${token} as its cookie, got 7`],
    [{ query: '' }, 'must have the name of a parameter as its query, got ""'],
    [{ param: ':id' }, 'must have a name such as "id", or "*" as its param, got ":id"'],
  ]
  for (const [by, said] of cases) assert.deepEqual(problemsBy(by), [`${PLACE} ${said}`])
})

test('a path parameter that no route to the upstream has is refused', () => {
  const users = { endpoints: ['http://10.0.0.1:9001'], balance: ringHash({ by: { param: 'id' } }) }
  const routed = (...paths: readonly string[]): readonly string[] => {
    const routes = paths.map((path) => ({ path, to: 'users' }))
    return problemsOf(configWith({ upstreams: { users }, routes }))
  }
  assert.deepEqual(routed('/users/:id'), [])
  assert.deepEqual(routed('/health', '/users/:id/posts'), [])
  assert.deepEqual(routed('/users/:ids'), [
    `${PLACE} names the path parameter "id", which no route to it has; did you mean "ids"?`,
  ])
  assert.deepEqual(routed('/users', '/id'), [
    `${PLACE} names the path parameter "id", which no route to it has`,
  ])
  assert.deepEqual(routed(), [])
})

test('a star is a parameter, and a share of a route counts', () => {
  const upstream = { endpoints: ['http://10.0.0.1:9001'], balance: maglev({ by: { param: '*' } }) }
  const routes = [{ path: '/files/*', to: 'users' }]
  assert.deepEqual(problemsOf(configWith({ upstreams: { users: upstream }, routes })), [])
})

test('the option may have any name, in a strategy of one’s own', () => {
  const own = defineStrategy({
    name: 'own',
    options: Type.Object({ hash: Type.Optional(keySource({ default: 'ip' })) }),
    create: ({ hash }) => ({ key: hash, update() {}, pick: () => undefined }),
  })
  assert.deepEqual(problemsOf(upstreamWith({ balance: own({ hash: { param: 'id' } }) })), [
    'upstreams.users.balance own: /hash names the path parameter "id", which no route to it has',
  ])
})

test('sizes of tables and bounds of loads that make no sense are refused', () => {
  const place = 'upstreams.users.balance'
  const problems = (balance: unknown): readonly string[] => problemsOf(upstreamWith({ balance }))
  assert.deepEqual(problems(maglev({ size: 65_536 })), [
    `${place} maglev: /size must be a prime number, such as 65521 or 65537, got 65536`,
  ])
  assert.deepEqual(problems(maglev({ size: 655_373 })), [])
  for (const maxLoad of [0.5, 1]) {
    assert.deepEqual(problems(ringHash({ maxLoad })), [
      `${place} ring-hash: /maxLoad must be above 1, or 0 for no bound, got ${maxLoad}`,
    ])
  }
  assert.deepEqual(problems(ringHash({ fallback: 'chance' } as never)), [
    `${place} ring-hash: /fallback must be one of "random", "round-robin", "power-of-two", "least-connections", got "chance"`,
  ])
})
