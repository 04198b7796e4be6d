import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../core/config/config-error.ts'
import { usesFields } from '../../../core/config/resolve-fields.ts'
import type { ResolvedRoute } from '../../../core/config/resolved.ts'
import { bind, ROUTE_PLUGINS } from '../../../core/index.ts'
import { resolveWhole } from '../../../core/standard-plugins.ts'
import { configWith, first, pause } from './resolving.ts'

const upstream = { endpoints: ['http://10.0.0.1:9001'], balance: first() }
const upstreams = { stable: upstream, canary: upstream, shadow: upstream }

function withRoute(route: Readonly<Record<string, unknown>>): unknown {
  return configWith({ upstreams, routes: [{ path: '/users/:id', ...route }] })
}

async function routeOf(route: Readonly<Record<string, unknown>>): Promise<ResolvedRoute> {
  const [resolved] = (await resolveWhole(withRoute(route))).routes
  assert(resolved)
  return resolved
}

async function problemsOf(route: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const problems = await resolveWhole(withRoute(route)).catch((error: unknown) => {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems
  })
  return Array.isArray(problems) ? problems : []
}

test('one upstream needs no plugin', async () => {
  const { to, mirrors, fields } = await routeOf({ to: 'stable' })
  assert.deepEqual([to, mirrors, [...fields]], [['stable'], [], []])
  const alone = await routeOf({ to: { stable: 5 } })
  assert.deepEqual([alone.to, [...alone.fields]], [['stable'], []])
})

test('the plugins behind the fields stand in the order of the chain', async () => {
  const { to, mirrors, fields } = await routeOf({
    mirror: { to: 'shadow' },
    rewrite: { prefix: '/v1' },
    to: { stable: 95, canary: 5 },
    respond: {},
  })
  assert.deepEqual([to, mirrors], [['stable', 'canary'], ['shadow']])
  assert.deepEqual([...fields.keys()], ['respond', 'to', 'rewrite', 'mirror'])
  const names = [...fields.values()].map(({ definition }) => definition.name)
  assert.deepEqual(names, ['respond', 'split', 'rewrite', 'mirror'])
})

test('a split is salted with the name of its route', async () => {
  const shares = { to: { stable: 1, canary: 1 }, split: { by: 'ip' } }
  const plain = (await routeOf(shares)).fields.get('to')?.options
  const named = (await routeOf({ ...shares, name: 'users' })).fields.get('to')?.options
  const salted = (await routeOf({ ...shares, split: { by: 'ip', salt: 'x' } })).fields.get('to')
  assert.deepEqual(plain, { weights: shares.to, by: 'ip', salt: '/users/:id' })
  assert.deepEqual(named, { weights: shares.to, by: 'ip', salt: 'users' })
  assert.deepEqual(salted?.options, { weights: shares.to, by: 'ip', salt: 'x' })
})

const answers: readonly Readonly<Record<string, unknown>>[] = [
  { redirect: { to: '/x' } },
  { respond: {} },
  { redirect: { to: '/x' }, to: 'stable' },
]
for (const route of answers) {
  test(`a route with ${JSON.stringify(route)} is fine`, async () => {
    assert.deepEqual(await problemsOf(route), [])
  })
}

const at = 'routes[0]'
const names = 'the name of an upstream, or shares such as { stable: 95, canary: 5 }'
const refusals: readonly (readonly [Readonly<Record<string, unknown>>, ...string[]])[] = [
  [{}, `${at}: "to" is missing; only redirect or respond need none`],
  [
    { redirect: { to: '/x' }, respond: {} },
    `${at}: redirect and respond both answer; keep one of them`,
  ],
  [
    { respond: {}, rewrite: { prefix: '/v1' } },
    `${at}.rewrite: has no effect on a route without \`to\``,
  ],
  [{ to: 'stabel' }, `${at}.to: unknown upstream "stabel"; did you mean "stable"?`],
  [{ to: 5 }, `${at}.to must be ${names}, got 5`],
  [{ to: {} }, `${at}.to must be ${names}, got {}`],
  [{ to: ['stable'] }, `${at}.to must be ${names}, got ["stable"]`],
  [{ to: { stable: -1 } }, `${at}.to: /weights/stable must be >= 0, got -1`],
  [{ to: { stable: 0 } }, `${at}.to: /weights must not all be 0`],
  [{ to: { stable: 95, canry: 5 } }, `${at}.to: unknown upstream "canry"; did you mean "canary"?`],
  [{ to: { stable: -1, canary: 5 } }, `${at}.to: /weights/stable must be >= 0, got -1`],
  [{ to: { stable: '95', canary: 5 } }, `${at}.to: /weights/stable must be a number, got "95"`],
  [{ to: { stable: 0, canary: 0 } }, `${at}.to: /weights must not all be 0`],
  [
    { to: 'stable', split: { by: 'ip' } },
    `${at}.split: there is nothing to split: \`to\` has no shares`,
  ],
  [
    { to: { stable: 1, canary: 1 }, split: { by: { cokie: 'a' } } },
    `${at}.to: /by must be "chance" or "ip" or "identity" or { cookie } or { header }, got {"cokie":"a"}`,
  ],
  [{ to: { stable: 1, canary: 1 }, split: 'ip' }, `${at}.split must be an object, got "ip"`],
  [{ to: 'stable', rewrite: '/v1' }, `${at}.rewrite must be an object, got "/v1"`],
  [{ to: 'stable', rewrite: {} }, `${at}.rewrite must have either prefix or path`],
  [
    { to: 'stable', rewrite: { path: '/:name' } },
    `${at}.rewrite: /path names "name", which the route’s path has not`,
  ],
  [
    { to: 'stable', rewrite: { prefx: '/v1' } },
    `${at}.rewrite: unknown key "prefx"; did you mean "prefix"?`,
  ],
  [
    { redirect: { to: '/x', status: 300 } },
    `${at}.redirect: /status must be 301 or 302 or 303 or 307 or 308, got 300`,
  ],
  [{ redirect: {} }, `${at}.redirect: "to" is missing`],
  [{ respond: { status: 99 } }, `${at}.respond: /status must be >= 200, got 99`],
  [
    { to: 'stable', mirror: { to: 'shadw', maxBody: '1' } },
    `${at}.mirror: unknown upstream "shadw"; did you mean "shadow"?`,
    `${at}.mirror: /maxBody must be a size such as "64kb", got "1"`,
  ],
  [{ to: 'stable', mirror: {} }, `${at}.mirror: "to" is missing`],
]
for (const [route, ...problems] of refusals) {
  test(`${JSON.stringify(route)} is refused`, async () => {
    assert.deepEqual(await problemsOf(route), problems)
  })
}

test('plugins are looked for only where a route has a field', () => {
  assert.equal(usesFields(withRoute({ to: 'stable' })), false)
  assert.equal(usesFields(withRoute({ to: 'stable', rewrite: {} })), true)
  assert.equal(usesFields(withRoute({ to: { stable: 1 } })), true)
  assert.equal(usesFields({ routes: [null, 5] }), false)
  assert.equal(usesFields(undefined), false)
})

test('a plugin of one’s own stands behind a field', async () => {
  const never = (): never => {
    throw new Error('not asked for')
  }
  const own = { redirect: never, respond: never, split: never, mirror: never, rewrite: pause }
  const config = withRoute({ to: 'stable', rewrite: { window: '2s' } })
  const { routes } = await resolveWhole(config, [bind(ROUTE_PLUGINS, own as never)])
  const use = routes[0]?.fields.get('rewrite')
  assert.deepEqual([use?.definition.name, use?.options], ['pause', { window: 2_000 }])
})
