import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { random, requestId, retry, roundRobin } from 'sluice/plugins'
import { type Changes, changesBetween } from '../../../core/plan/changes.ts'
import { sentence } from '../../../core/plan/sentence.ts'
import { resolveWhole } from '../../../core/standard-plugins.ts'

const A = 'http://a.test:80'
const B = 'http://b.test:80'

const UPSTREAM = { endpoints: [A, B], balance: roundRobin() }
const BASE = {
  http: { port: 8080 },
  upstreams: { one: UPSTREAM, two: UPSTREAM },
  routes: [
    { path: '/a', to: 'one' },
    { path: '/b', to: 'two', plugins: [retry()] },
  ],
  plugins: [requestId()],
}

async function changes(parts: object, base: object = BASE): Promise<Changes> {
  return changesBetween(await resolveWhole(base), await resolveWhole({ ...BASE, ...parts }))
}

async function said(parts: object): Promise<string> {
  return sentence(await changes(parts))
}

function upstreams(one: object): object {
  return { upstreams: { ...BASE.upstreams, one: { ...UPSTREAM, ...one } } }
}

test('a config that is written anew and means the same changes nothing', async () => {
  const same = { ...BASE, upstreams: { two: UPSTREAM, one: { ...UPSTREAM } } }
  assert.equal(await said(same), 'nothing changes; plugins and strategies: 4 kept')
})

test('routes are told by their names: added, removed, sent elsewhere, changed', async () => {
  const { routes } = await changes({
    routes: [
      { path: '/b', to: 'one', plugins: [retry()], bodyLimit: '1mb' },
      { path: '/c', to: { one: 95, two: 5 } },
    ],
  })
  assert.deepEqual(routes, {
    added: [{ id: '/c', to: 'one 95, two 5' }],
    removed: [{ id: '/a', to: 'one' }],
    retargeted: [{ id: '/b', from: 'two', to: 'one' }],
    changed: [{ id: '/b', keys: ['bodyLimit'] }],
    reordered: false,
  })
})

test('other shares are another target', async () => {
  const before = { ...BASE, routes: [{ path: '/a', to: { one: 95, two: 5 } }] }
  const { routes } = await changes({ routes: [{ path: '/a', to: { one: 80, two: 20 } }] }, before)
  assert.deepEqual(routes.retargeted, [{ id: '/a', from: 'one 95, two 5', to: 'one 80, two 20' }])
})

test('another order of routes is told, since it decides between equals', async () => {
  const routes = [...BASE.routes].reverse()
  const kept = 'plugins and strategies: 4 kept'
  assert.equal(await said({ routes }), `routes in another order; ${kept}`)
})

test('endpoints join, leave, weigh other, and are replaced where they would stand elsewhere', async () => {
  const before = { ...BASE, ...upstreams({ endpoints: [A, B, { url: B, id: 'c' }] }) }
  const endpoints = [{ url: A, weight: 2 }, { url: A, id: 'c' }, 'http://d.test']
  const change = await changes(upstreams({ endpoints }), before)
  assert.deepEqual(change.upstreams.changed, [
    {
      name: 'one',
      joining: ['d.test'],
      leaving: ['b.test'],
      reweighted: [{ id: 'a.test', from: 1, to: 2 }],
      replaced: [{ id: 'c', keys: ['url'] }],
      keys: [],
    },
  ])
})

test('what connections are made of replaces every endpoint', async () => {
  const change = await changes(upstreams({ timeouts: { connect: '1s' } }))
  const [one] = change.upstreams.changed
  assert.deepEqual(
    one?.replaced.map(({ id, keys }) => [id, ...keys]),
    [
      ['a.test', 'connection'],
      ['b.test', 'connection'],
    ],
  )
})

test('what a plugin discovers is not known before: only that it takes the place of a list', async () => {
  const found = definePlugin({
    name: 'found',
    options: Type.Object({}),
    create: () => ({ discover: () => () => {} }),
  })
  const { upstreams: told, uses } = await changes(upstreams({ endpoints: found() }))
  const none = { joining: [], leaving: [], reweighted: [], replaced: [] }
  assert.deepEqual(told.changed, [{ name: 'one', ...none, keys: ['endpoints'] }])
  assert.deepEqual(uses.added, ['upstreams.one.endpoints found'])
})

for (const [parts, words] of [
  [{ shutdownTimeout: '1m' }, 'settings: shutdownTimeout; plugins and strategies: 4 kept'],
  [
    { http: [{ port: 8080, maxConnections: 9 }, { port: 8081 }] },
    'listeners: 1 added, 1 changed; plugins and strategies: 4 kept',
  ],
  [upstreams({ balance: random() }), 'plugins and strategies: 3 kept, 1 replaced'],
  [
    upstreams({ host: 'upstream', endpoints: [A] }),
    'upstreams: 1 changed; endpoints: 1 leaving; plugins and strategies: 4 kept',
  ],
  [
    { plugins: [requestId({ header: 'x-id' }), retry()] },
    'plugins and strategies: 3 kept, 1 added, 1 replaced',
  ],
  [
    { upstreams: { one: UPSTREAM }, routes: [{ path: '/a', to: 'one' }] },
    'routes: 1 removed; upstreams: 1 removed; plugins and strategies: 2 kept, 2 removed',
  ],
] as const) {
  test(`a reload says: ${words}`, async () => {
    assert.equal(await said(parts), words)
  })
}
