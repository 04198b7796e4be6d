import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Places, translate } from '../../../core/http/answer-places.ts'
import { segmentsOf, withPrefix } from '../../../plugins/routing/rewrite/prefix.ts'

const V1 = { from: '/users', to: '/v1' }
const STRIPPED = { from: '/users', to: '' }
const ADDED = { from: '', to: '/v1' }

const PRESERVED: Places = {
  prefix: undefined,
  url: 'http://10.0.0.1:9001',
  host: 'api.test',
  clientHost: 'api.test',
  isSecure: false,
}
const RENAMED: Places = { ...PRESERVED, host: 'users.internal' }

function shown(name: string, value: string, places: Places): string {
  const headers = ['x', 'y', name, value]
  translate(headers, places)
  assert.deepEqual(headers.slice(0, 3), ['x', 'y', name])
  return headers[3] ?? ''
}

type Row = readonly [places: Places, value: string, shown: string]

const locations: readonly Row[] = [
  // Paths follow the prefix.
  [{ ...PRESERVED, prefix: V1 }, '/v1/7?a=/v1#b', '/users/7?a=/v1#b'],
  [{ ...PRESERVED, prefix: V1 }, '/v1', '/users'],
  [{ ...PRESERVED, prefix: V1 }, '/v1?x', '/users?x'],
  [{ ...PRESERVED, prefix: V1 }, '/v10/7', '/v10/7'],
  [{ ...PRESERVED, prefix: V1 }, '/login', '/login'],
  [{ ...PRESERVED, prefix: V1 }, '7', '7'],
  [{ ...PRESERVED, prefix: V1 }, '../7', '../7'],
  [{ ...PRESERVED, prefix: V1 }, '?page=2', '?page=2'],
  [{ ...PRESERVED, prefix: V1 }, '', ''],
  [{ ...PRESERVED, prefix: STRIPPED }, '/7', '/users/7'],
  [{ ...PRESERVED, prefix: STRIPPED }, '/', '/users/'],
  // An endpoint that knows its public path has said it already.
  [{ ...PRESERVED, prefix: STRIPPED }, '/users/7', '/users/7'],
  [{ ...PRESERVED, prefix: { from: '/v1/app', to: '/v1' } }, '/v1/app/x', '/v1/app/x'],
  [{ ...PRESERVED, prefix: { from: '/v1', to: '/v1/app' } }, '/v1/app/x', '/v1/x'],
  [{ ...PRESERVED, prefix: ADDED }, '/v1/7', '/7'],
  [{ ...PRESERVED, prefix: ADDED }, '/v1', '/'],
  [{ ...PRESERVED, prefix: ADDED }, '/v1?x', '/?x'],
  [{ ...PRESERVED, prefix: ADDED }, '/v1//evil.test', '/evil.test'],
  // The host that was sent, and the endpoint's own, are the gateway's.
  [RENAMED, 'http://users.internal/7', 'http://api.test/7'],
  [RENAMED, 'HTTP://Users.Internal:80/7', 'http://api.test/7'],
  [RENAMED, '//users.internal/7', '//api.test/7'],
  [RENAMED, 'http://users.internal', 'http://api.test'],
  [RENAMED, 'http://users.internal?x', 'http://api.test?x'],
  [RENAMED, 'http://10.0.0.1:9001/7', 'http://api.test/7'],
  [PRESERVED, 'http://10.0.0.1:9001/7', 'http://api.test/7'],
  [{ ...RENAMED, prefix: V1 }, 'http://users.internal/v1/7', 'http://api.test/users/7'],
  [{ ...RENAMED, isSecure: true }, 'http://users.internal/7', 'https://api.test/7'],
  [{ ...RENAMED, isSecure: true }, 'https://users.internal/7', 'https://api.test/7'],
  [{ ...RENAMED, url: 'https://10.0.0.1' }, 'https://users.internal:443/', 'http://api.test/'],
  [{ ...RENAMED, clientHost: 'api.test:8080' }, 'http://users.internal/', 'http://api.test:8080/'],
  [{ ...RENAMED, clientHost: '' }, 'http://users.internal/7', '/7'],
  // From http to https on purpose.
  [RENAMED, 'https://users.internal/7', 'https://api.test/7'],
  [{ ...RENAMED, clientHost: 'api.test:8080' }, 'https://users.internal/', 'https://api.test/'],
  [PRESERVED, 'https://api.test/7', 'https://api.test/7'],
  [{ ...PRESERVED, prefix: V1 }, 'https://api.test/v1/7', 'https://api.test/users/7'],
  // Another place is another place.
  [{ ...RENAMED, prefix: V1 }, 'http://other.test/v1/7', 'http://other.test/v1/7'],
  [RENAMED, 'http://users.internal:81/', 'http://users.internal:81/'],
  [RENAMED, 'http://users.internal.evil.test/', 'http://users.internal.evil.test/'],
  [RENAMED, 'http://users.internal@evil.test/', 'http://users.internal@evil.test/'],
  [RENAMED, 'ftp://users.internal/', 'ftp://users.internal/'],
  [RENAMED, 'mailto:a@users.internal', 'mailto:a@users.internal'],
  [{ ...PRESERVED, prefix: STRIPPED }, '//other.test/7', '//other.test/7'],
  [{ ...PRESERVED, prefix: STRIPPED }, '/\\other.test/7', '/\\other.test/7'],
]
for (const [places, value, expected] of locations) {
  test(`Location ${JSON.stringify(value)} is shown as ${expected}, ${about(places)}`, () => {
    assert.equal(shown('Location', value, places), expected)
    assert.equal(shown('content-location', value, places), expected)
  })
}

const cookies: readonly Row[] = [
  [{ ...PRESERVED, prefix: V1 }, 'a=b; Path=/v1', 'a=b; Path=/users'],
  [{ ...PRESERVED, prefix: V1 }, 'a=b; path=/v1/x; Secure', 'a=b; path=/users/x; Secure'],
  [{ ...PRESERVED, prefix: V1 }, 'a=b;PATH=/v1;HttpOnly', 'a=b;PATH=/users;HttpOnly'],
  [{ ...PRESERVED, prefix: V1 }, 'a=b; Path=/', 'a=b; Path=/'],
  [{ ...PRESERVED, prefix: V1 }, 'a=b', 'a=b'],
  [{ ...PRESERVED, prefix: V1 }, 'Path=/v1', 'Path=/v1'],
  [{ ...PRESERVED, prefix: V1 }, 'a=Path=/v1; Path=/v1', 'a=Path=/v1; Path=/users'],
  [{ ...PRESERVED, prefix: STRIPPED }, 'a=b; Path=/', 'a=b; Path=/users'],
  [{ ...PRESERVED, prefix: STRIPPED }, 'a=b; Path=/x', 'a=b; Path=/users/x'],
  [{ ...PRESERVED, prefix: STRIPPED }, '__Host-a=b; Path=/; Secure', '__Host-a=b; Path=/; Secure'],
  [{ ...PRESERVED, prefix: ADDED }, 'a=b; Path=/v1', 'a=b; Path=/'],
  [RENAMED, 'a=b; Domain=users.internal; Path=/', 'a=b; Domain=api.test; Path=/'],
  [RENAMED, 'a=b; domain=.Users.Internal', 'a=b; domain=api.test'],
  [{ ...RENAMED, clientHost: 'api.test:8080' }, 'a; Domain=10.0.0.1', 'a; Domain=api.test'],
  [RENAMED, 'a=b; Domain=internal', 'a=b; Domain=internal'],
  [RENAMED, 'a=b; Domain=other.test', 'a=b; Domain=other.test'],
  [{ ...RENAMED, clientHost: '' }, 'a; Domain=users.internal', 'a; Domain=users.internal'],
  [
    RENAMED,
    'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
  ],
]
for (const [places, value, expected] of cookies) {
  test(`the cookie ${JSON.stringify(value)} is shown as ${expected}, ${about(places)}`, () => {
    assert.equal(shown('Set-Cookie', value, places), expected)
  })
}

test('what a prefix rewrite makes of a path is given back as it was', () => {
  const segment = fc.constantFrom('a', 'users', 'v1', '', '%2F', '..;', 'B')
  const tail = fc
    .array(segment, { maxLength: 4 })
    .map((all) => all.map((one) => `/${one}`).join(''))
  const change = fc.constantFrom(V1, ADDED, { from: '/a/b', to: '/c' })
  fc.assert(
    fc.property(tail, change, fc.constantFrom('', '?x=/v1'), (below, prefix, query) => {
      const { from, to } = prefix
      fc.pre(from !== '' || /^\/(?!\/)/.test(below))
      const path = from + below
      const sent = withPrefix(path, segmentsOf(from), to) + query
      assert.equal(shown('Location', sent, { ...PRESERVED, prefix }), path + query)
    }),
    { seed: 20_260_305, numRuns: 2_000 },
  )
})

test('a cookie of many spaces takes no time that grows with their square', () => {
  const spaces = ' '.repeat(100_000)
  const cookie = `a; Path=/v1${spaces}x; Domain=${spaces}x`
  const before = process.cpuUsage().user
  assert.equal(shown('Set-Cookie', cookie, { ...RENAMED, prefix: V1 }), cookie)
  const ms = (process.cpuUsage().user - before) / 1_000
  assert.ok(ms < 1_000, `${ms} ms`)
})

test('every line is translated, and nothing else is', () => {
  const headers = ['set-cookie', 'a; Path=/v1', 'X-Location', '/v1', 'Set-Cookie', 'b; Path=/v1']
  translate(headers, { ...PRESERVED, prefix: V1 })
  assert.deepEqual(headers, [
    ...['set-cookie', 'a; Path=/users'],
    ...['X-Location', '/v1'],
    ...['Set-Cookie', 'b; Path=/users'],
  ])
})

function about({ prefix, host, clientHost, isSecure }: Places): string {
  const change = prefix === undefined ? 'no prefix' : `"${prefix.from}" for "${prefix.to}"`
  return `${change}, ${clientHost} as ${host}${isSecure ? ' over TLS' : ''}`
}
