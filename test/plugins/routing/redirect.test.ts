import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redirect } from 'sluice/plugins'
import { fakeExchange, instantiate } from 'sluice/testing'
import { isSafePath } from '../../../core/http/path.ts'
import { pathParams } from '../../../core/http/path-tree.ts'

const SEED = 20_260_303

interface Asked {
  readonly of?: string
  readonly target?: string
  readonly host?: string
}

function locationOf(to: string, { of = '/', target = '/', host = 'a.test' }: Asked = {}): string {
  const plugin = instantiate(redirect({ to, of }))
  const params = pathParams(of, target.split('?')[0] ?? '')
  const exchange = fakeExchange({ target, headers: { host }, params })
  plugin.request?.(exchange)
  assert.equal(exchange.replied?.status, 302)
  return String(exchange.replied?.headers.location)
}

const places: readonly (readonly [to: string, asked: Asked, location: string])[] = [
  ['/new', {}, '/new'],
  ['https://{host}{path}{query}', { target: '/a/b?c=d' }, 'https://a.test/a/b?c=d'],
  ['https://{host}{path}{query}', { host: 'A.test:8080' }, 'https://A.test/'],
  ['https://{host}/x', { host: '[::1]:8080' }, 'https://[::1]/x'],
  ['https://{host}:8443/x', {}, 'https://a.test:8443/x'],
  ['https://b.test{path}', { target: '//evil.test' }, 'https://b.test//evil.test'],
  ['https://b.test{query}', { target: '/?' }, 'https://b.test'],
  ['https://b.test/?from=a{query}', { target: '/?c=d' }, 'https://b.test/?from=a&c=d'],
  ['{path}{query}', { target: '/a?b' }, '/a?b'],
  ['/p/{param.id}', { of: '/u/:id', target: '/u/a%2Fb%20c;d' }, '/p/a%2Fb%20c;d'],
  ['/new/{param.*}{query}', { of: '/old/*', target: '/old/a//b?c' }, '/new/a//b?c'],
  ['/{path}', { target: '/a\\b' }, '/a%5Cb'],
  ['/x{query}', { target: '/?a=\x80\xff' }, '/x?a=%80%FF'],
]
for (const [to, asked, location] of places) {
  test(`${to} for ${JSON.stringify(asked)} is ${location}`, () => {
    assert.equal(locationOf(to, asked), location)
  })
}

// Browsers read "https:///evil.test" as "https://evil.test".
test('a request that names no host is not sent to a place that is to name it', () => {
  const plugin = instantiate(redirect({ to: 'https://{host}{path}', of: '/' }))
  const exchange = fakeExchange({ target: '/evil.test' })
  plugin.request?.(exchange)
  assert.equal(exchange.refused?.status, 400)
  assert.equal(exchange.replied, undefined)
})

const evil: readonly (readonly [to: string, asked: Asked])[] = [
  ['{path}', { target: '//evil.test' }],
  ['{path}', { target: '///evil.test' }],
  ['{path}', { target: '/\\evil.test' }],
  ['/{param.*}', { of: '/go/*', target: '/go//evil.test' }],
  ['/{param.*}', { of: '/go/*', target: '/go/\\evil.test' }],
  ['/{param.x}', { of: '/:x', target: '/\\evil.test' }],
  ['/{path}', { target: '/evil.test' }],
  ['/{query}', { target: '/?//evil.test' }],
]
for (const [to, asked] of evil) {
  test(`${to} leads nowhere else for ${asked.target}`, () => {
    const { origin } = new URL(locationOf(to, asked), 'http://a.test')
    assert.equal(origin, 'http://a.test')
  })
}

test('no request leads to another host or breaks out of the header', () => {
  const target = fc
    .array(fc.constantFrom('/', '\\', 'evil.test', '@', ':', '%0d%0a', 'x', '\xe9', '..%2f'), {
      maxLength: 6,
    })
    .map((parts) => `/${parts.join('')}`)
    .filter(isSafePath)
  const template = fc.constantFrom('{path}', '/{param.*}', 'http://a.test{path}', '/x{path}{query}')
  fc.assert(
    fc.property(target, template, (asked, to) => {
      const location = locationOf(to, { of: '/*', target: asked })
      assert.match(location, /^[\x21-\x7e]*$/)
      assert.equal(new URL(location, 'http://a.test').host, 'a.test')
    }),
    { seed: SEED, numRuns: 3_000 },
  )
})

test('what could lead elsewhere or nowhere is refused at load', () => {
  const refusals: Readonly<Record<string, RegExp>> = {
    '//evil.test': /must begin with/,
    'evil.test': /must begin with/,
    'ftp://a.test/': /must begin with/,
    '{param.id}': /must begin with/,
    '{query}': /must begin with/,
    'https://': /must name a host/,
    'https:///x': /must name a host/,
    'https://{param.id}.a.test/': /must name a host|no parameter within its host/,
    'https://a.test{param.id}': /no parameter within its host/,
    'https://u@a.test/': /must name a host/,
    '/{param.name}': /names "name"/,
    '/{hots}': /has "\{hots\}"; allowed/,
    '/{': /has "\{"/,
    '/a b': /must be a URL/,
    '/a\r\nb': /must be a URL/,
    '/a\\b': /must be a URL/,
    '/é': /must be a URL/,
  }
  for (const [to, message] of Object.entries(refusals)) {
    assert.throws(() => instantiate(redirect({ to, of: '/users/:id' })), message, to)
  }
})
