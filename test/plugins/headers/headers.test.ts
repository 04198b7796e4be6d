import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, definePlugin, type PluginUse, Type } from 'sluice'
import { requestHeaders, responseHeaders, roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeAnswer, fakeExchange, instantiate } from 'sluice/testing'

const USERS = 'http://users.test'

function gateway(
  plugins: PluginUse[],
  answer: FakeAnswer = {},
  { endpoints = [USERS], upstream = [] as PluginUse[] } = {},
) {
  const sent: Readonly<Record<string, string>>[] = []
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints, balance: roundRobin(), plugins: upstream } },
    routes: [{ name: 'users', path: '/users/:id', methods: ['GET'], to: 'users' }],
    plugins,
  })
  const made = createTestGateway(config, {
    endpoints: {
      [USERS]: ({ headers }) => {
        sent.push(headers)
        return answer
      },
    },
  })
  return made.then((one) => ({ ...one, sent }))
}

test('request headers are removed, renamed, set and added, in this order', async (t) => {
  const { inject, close, sent } = await gateway([
    requestHeaders({
      remove: ['Cookie'],
      rename: { 'X-Old': 'x-new', 'x-none': 'x-kept' },
      set: {
        'x-user': '{param.id}',
        'x-from': '{client.ip} {{literal}}',
        'x-by': '{upstream.name}/{endpoint.id}',
        'x-new-too': 'plain',
        'x-empty': '{header.x-nothing}',
      },
      add: { 'x-tag': ['b', '{route.id}'] },
    }),
  ])
  t.after(close)
  await inject({
    url: '/users/7',
    headers: { cookie: 'a=1', 'x-old': 'o', 'x-kept': 'k', 'x-user': 'eve', 'x-empty': 'forged' },
  })
  const [one = {}] = sent
  assert.equal(one.cookie, undefined)
  assert.deepEqual(
    [one['x-old'], one['x-new'], one['x-kept'], one['x-new-too']],
    [undefined, 'o', 'k', 'plain'],
  )
  assert.deepEqual(
    [one['x-user'], one['x-from'], one['x-by']],
    ['7', '127.0.0.1 {literal}', 'users/users.test'],
  )
  assert.equal(one['x-empty'], undefined, 'what the client sent does not stand in')
})

test('every attempt names its own endpoint', async (t) => {
  const retrying = definePlugin({
    name: 'retrying',
    options: Type.Object({}),
    create: () => ({ again: (_flow, { attempt }) => (attempt < 2 ? 0 : -1) }),
  })
  const other = 'http://other.test'
  const seen: (string | undefined)[] = []
  const note = ({ headers }: { headers: Readonly<Record<string, string>> }): FakeAnswer => {
    seen.push(headers['x-by'])
    return { status: seen.length === 1 ? 503 : 200 }
  }
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      users: { endpoints: [USERS, other], balance: roundRobin(), plugins: [retrying()] },
    },
    routes: [
      { path: '/', to: 'users', plugins: [requestHeaders({ set: { 'x-by': '{endpoint.id}' } })] },
    ],
  })
  const { inject, clock, close } = await createTestGateway(config, {
    endpoints: { [USERS]: note, [other]: note },
  })
  t.after(close)
  const pending = inject('/')
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1)
  await pending
  assert.deepEqual(seen, ['users.test', 'other.test'])
})

test('what a client sends cannot break a header that quotes it', () => {
  const plugin = instantiate(
    requestHeaders({ set: { 'x-quoted': '{header.x-raw}', 'x-path': '{path}' } }),
  )
  for (const raw of ['a\r\nx-evil: 1', 'a\nb', 'a\0b', 'ab\u20ac', '\x7f', '  padded\t']) {
    const exchange = fakeExchange({ headers: { 'x-raw': raw }, target: `/${raw}` })
    plugin.request?.(exchange)
    for (const name of ['x-quoted', 'x-path']) {
      const value = exchange.outgoing.get(name) ?? ''
      assert.match(value, /^[\x21-\x7e\x80-\xff][\x20-\x7e\x80-\xff]*$|^$/)
    }
  }
})

test('answers are changed whoever gives them', async (t) => {
  const { inject, close } = await gateway(
    [
      responseHeaders({
        remove: ['Server'],
        rename: { 'x-inner': 'x-outer' },
        set: { 'x-frame-options': 'DENY', 'x-by': '{endpoint.id}' },
        add: { 'set-cookie': 'b=2', vary: ['accept', 'origin'] },
      }),
    ],
    { headers: { server: 'it', 'x-inner': '1', 'set-cookie': 'a=1', 'x-frame-options': 'ALLOW' } },
  )
  t.after(close)
  const { headers } = await inject('/users/7')
  assert.deepEqual(
    [headers.server, headers['x-inner'], headers['x-outer'], headers['x-frame-options']],
    [undefined, undefined, '1', 'DENY'],
  )
  assert.deepEqual([headers['x-by'], headers['set-cookie']], ['users.test', ['a=1', 'b=2']])
  assert.equal([headers.vary].flat().join(', '), 'accept, origin')
  for (const url of ['/nothing', '/a/%2e%2e']) {
    const refused = await inject(url)
    assert.equal(refused.headers['x-frame-options'], 'DENY')
    assert.equal(refused.headers['x-by'], undefined)
    assert.equal(refused.headers['content-type'], 'application/problem+json')
  }
})

test('with always: false the gateway’s own answers stay as they are', async (t) => {
  const { inject, close } = await gateway([
    responseHeaders({ set: { 'x-from': 'endpoint' }, always: false }),
  ])
  t.after(close)
  assert.equal((await inject('/users/7')).headers['x-from'], 'endpoint')
  assert.equal((await inject('/nothing')).headers['x-from'], undefined)
})

const WRONG: readonly (readonly [use: PluginUse, problem: string])[] = [
  [
    requestHeaders({ set: { 'x-by': '{endpoint.ip}' } }),
    '/set "x-by": unknown placeholder "{endpoint.ip}"; did you mean "endpoint.id"?',
  ],
  [requestHeaders({ set: { 'x y': 'a' } }), '/set "x y" is no header name'],
  [requestHeaders({ set: { 'x-y': 'a\r\nb: c' } }), '/set "x-y" has a value with control'],
  [requestHeaders({ set: { 'x-y': '€' } }), '/set "x-y" has a value with control'],
  [requestHeaders({ set: { 'x-y': '' } }), '/set "x-y" has no value; write remove: [\'x-y\']'],
  [requestHeaders({ set: { Host: 'a' } }), '/set "host" is set by the upstream\'s option "host"'],
  [
    requestHeaders({ remove: ['Content-Length'] }),
    '/remove/0 "Content-Length" is between two hops',
  ],
  [requestHeaders({ rename: { a: 'Connection' } }), '/rename "Connection" is between two hops'],
  [requestHeaders({ add: { te: 'trailers' } }), '/add "te" is between two hops'],
  [
    requestHeaders({ add: { 'x-by': ['a', '{endpoint.id}'] } }),
    '/add "x-by": {endpoint.id} and {upstream.name} change with each attempt; use set',
  ],
  [responseHeaders({ set: { 'transfer-encoding': 'x' } }), '/set "transfer-encoding" is between'],
  [responseHeaders({ set: 5 as never }), '/set must be an object, got 5'],
  [responseHeaders({ set: { a: 5 as never } }), '/set/a must be a text, got 5'],
  [responseHeaders({ sett: {} } as never), 'unknown key "sett"; did you mean "set"?'],
]

for (const [use, problem] of WRONG) {
  test(`refused at load: ${problem}`, () => {
    assert.throws(
      () => instantiate(use),
      (error: Error) => {
        assert.ok(error.message.includes(problem), error.message)
        assert.equal(error.message.split('\n').length, 1, error.message)
        return true
      },
    )
  })
}
