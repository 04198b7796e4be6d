import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rewrite } from 'sluice/plugins'
import { type FakeExchange, fakeExchange, instantiate } from 'sluice/testing'
import { isSafePath } from '../../../core/http/path.ts'
import { pathParams } from '../../../core/http/path-tree.ts'

const SEED = 20_260_302
const RUNS = 3_000

type Form = { prefix: string } | { path: string }

function rewritten(route: string, form: Form, target: string): FakeExchange['rewritten'] {
  const plugin = instantiate(rewrite({ ...form, of: route }))
  const exchange = fakeExchange({ target, params: pathParams(route, target.split('?')[0] ?? '') })
  plugin.request?.(exchange)
  assert.equal(exchange.target, target)
  return exchange.rewritten
}

const prefixes: readonly (readonly [
  route: string,
  prefix: string,
  target: string,
  sent: string,
])[] = [
  ['/users', '/v1', '/users', '/v1'],
  ['/users', '/v1', '/users/', '/v1/'],
  ['/users', '/v1', '/users/7?x=1', '/v1/7?x=1'],
  ['/users', '/v1', '/%75sers/7', '/v1/7'],
  ['/users', '/v1/people', '/users//a/.b/..c', '/v1/people//a/.b/..c'],
  ['/users', '/v1', '/users/a%2Fb%2fc/D?q=%zz&/users', '/v1/a%2Fb%2fc/D?q=%zz&/users'],
  ['/users', '/v1', '/users?a?b', '/v1?a?b'],
  ['/users/:id', '/v1', '/users/7/x', '/v1/7/x'],
  ['/files/*', '/', '/files/a//b', '/a//b'],
  ['/a/b/*', '/x', '/a/b/c', '/x/c'],
  ['/api/', '/v1', '/api/', '/v1/'],
  ['/', '/v1', '/', '/v1/'],
  ['/', '/v1', '/users', '/v1/users'],
  ['/', '/v1', '//users', '/v1//users'],
  ['/users', '/', '/users', '/'],
  ['/users', '/', '/users?x', '/?x'],
  ['/users', '/', '/users/7', '/7'],
  ['/users', '/', '/users//evil.test/x', '/evil.test/x'],
  ['/users', '/', '/users////', '/'],
]
for (const [route, prefix, target, sent] of prefixes) {
  test(`on ${route} with the prefix ${prefix} ${target} goes on as ${sent}`, () => {
    assert.equal(rewritten(route, { prefix }, target)?.target, sent)
  })
}

test('a prefix says how the endpoint’s paths become the client’s again', () => {
  assert.deepEqual(rewritten('/users/:id', { prefix: '/v1' }, '/users/7')?.prefix, {
    from: '/users',
    to: '/v1',
  })
  assert.deepEqual(rewritten('/', { prefix: '/v1' }, '/x')?.prefix, { from: '', to: '/v1' })
  assert.deepEqual(rewritten('/users', { prefix: '/' }, '/users')?.prefix, {
    from: '/users',
    to: '',
  })
})

const patterns: readonly (readonly [route: string, path: string, target: string, sent: string])[] =
  [
    ['/users/:id', '/people/:id/profile', '/users/7?x=1', '/people/7/profile?x=1'],
    ['/users/:id', '/people/:id', '/users/a%2Fb;c=%20', '/people/a%2Fb;c=%20'],
    ['/:a/:b', '/:b/:a', '/x/y', '/y/x'],
    ['/files/*', '/store/*', '/files/a//b%2F/', '/store/a//b%2F/'],
    ['/files/*', '/*', '/files//evil.test', '/evil.test'],
    ['/users', '/fixed', '/users/7?x', '/fixed?x'],
  ]
for (const [route, path, target, sent] of patterns) {
  test(`on ${route} the pattern ${path} makes ${sent} of ${target}`, () => {
    assert.equal(rewritten(route, { path }, target)?.target, sent)
  })
}

test('what a schema cannot see is refused at load', () => {
  const refusals: readonly (readonly [Partial<Record<'prefix' | 'path', string>>, RegExp])[] = [
    [{}, /must have either prefix or path/],
    [{ prefix: '/a', path: '/b' }, /must have either prefix or path/],
    [{ prefix: 'v1' }, /must look like "\/v1"/],
    [{ prefix: '/v1/' }, /must look like "\/v1"/],
    [{ prefix: '//v1' }, /must look like "\/v1"/],
    [{ prefix: '/a/../b' }, /must look like "\/v1"/],
    [{ prefix: '/a?b' }, /must look like "\/v1"/],
    [{ prefix: '/a b' }, /must look like "\/v1"/],
    [{ path: '/:name' }, /names "name"/],
    [{ path: '/*/:id' }, /must have its star at the end|names/],
    [{ path: '/*' }, /names "\*"/],
    [{ path: '//x' }, /must be a path/],
    [{ path: '/a\r\nb' }, /must be a path/],
    [{ path: '/%2e%2e/:id' }, /must be a path/],
    [{ path: 'x' }, /must be a path/],
    [{ path: '/{param.id}' }, /must name parameters as the route’s path does/],
  ]
  for (const [options, message] of refusals) {
    assert.throws(() => instantiate(rewrite({ ...options, of: '/users/:id' })), message)
  }
})

// Segments of every kind that the gate lets through.
const segment = fc
  .array(
    fc.constantFrom('a', 'B', '.', '..', '%2F', '%2f', '%41', '%zz', '~', ':', ';', '*', '\\'),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''))
const rest = fc
  .array(segment, { maxLength: 5 })
  .map((segments) => segments.map((one) => `/${one}`).join(''))
  .filter((path) => isSafePath(`/users${path}`))
const query = fc.constantFrom('', '?', '?a=b', '?a=%zz&b=/../', '??', '?a=%2F')

test('a prefix rewrite loses, decodes and adds no byte behind the prefix', () => {
  fc.assert(
    fc.property(rest, query, fc.constantFrom('/users', '/%75sers', '/users'), (tail, ask, head) => {
      const sent = rewritten('/users', { prefix: '/v1' }, head + tail + ask)?.target
      assert.equal(sent, `/v1${tail}${ask}`)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

test('stripping a prefix loses only slashes that would come to stand at the beginning', () => {
  fc.assert(
    fc.property(rest, query, (tail, ask) => {
      const sent = rewritten('/users', { prefix: '/' }, `/users${tail}${ask}`)?.target ?? ''
      assert.match(sent, /^\/(?!\/)/)
      assert.equal(sent, `/${tail.replace(/^\/+/, '')}${ask}`)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

test('a rewritten path is as safe as the one that came', () => {
  fc.assert(
    fc.property(rest, fc.constantFrom('/', '/v1'), (tail, prefix) => {
      const sent = rewritten('/users', { prefix }, `/users${tail}`)?.target ?? ''
      assert.ok(isSafePath(sent))
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
