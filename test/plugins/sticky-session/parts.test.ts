import assert from 'node:assert/strict'
import { test } from 'node:test'
import { env } from 'sluice'
import { stickySession } from 'sluice/plugins'
import { instantiate, VirtualClock } from 'sluice/testing'
import { privately } from '../../../plugins/sticky-session/cache-control.ts'
import { cookieName, valueSet } from '../../../plugins/sticky-session/cookie-text.ts'
import { Memo } from '../../../plugins/sticky-session/memo.ts'
import { Seal } from '../../../plugins/sticky-session/seal.ts'
import { SessionTable } from '../../../plugins/sticky-session/session-table.ts'
import { SECRET, type StickyOptions } from './bound.ts'

const problemOf = (options: StickyOptions): string => {
  try {
    instantiate(stickySession(options))
  } catch (error: unknown) {
    return String(error)
  }
  return ''
}

test('a missing or short secret is told with its variable and how to make one, and not shown', (t) => {
  process.env.STICKY_TEST_SECRET = 'too-short-to-be-safe'
  t.after(() => delete process.env.STICKY_TEST_SECRET)
  const short = problemOf({ secret: env('STICKY_TEST_SECRET') })
  assert.match(
    short,
    /32 characters or more, and that in STICKY_TEST_SECRET has 20: make one with `openssl rand/,
  )
  assert.doesNotMatch(short, /too-short/)
  assert.match(problemOf({}), /has no secret: make one .* `secret: env\("STICKY_SECRET"\)`/)
  assert.match(problemOf({ secret: [] }), /has no secret/)
  assert.match(problemOf({ secret: '' }), /must be a secret/)
  assert.match(problemOf({ secret: [SECRET, 'x'] }), /that has 1: make one/)
  assert.match(problemOf({ secret: 'ab'.repeat(20) }), /made of 2 characters/)
  assert.throws(() => env('STICKY_NOT_SET'), /STICKY_NOT_SET is not set/)
  const made = /SECRET_NOT_SET is not set; make one with `openssl rand -base64 48`/
  assert.throws(() => env('SECRET_NOT_SET'), made)
  assert.equal(problemOf({ secret: SECRET }), '')
})

test('options that do not go together are refused', () => {
  const secret = SECRET
  assert.match(problemOf({ secret, sameSite: 'none' }), /without secure "always"/)
  assert.match(problemOf({ secret, name: '__Secure-a' }), /takes secure "always"/)
  assert.match(
    problemOf({ secret, name: '__Host-a', secure: 'always', path: '/a' }),
    /the path "\/" and no domain/,
  )
  assert.match(problemOf({ secret, redis: { url: 'redis://a.test' } }), /which only `learn` uses/)
  assert.match(problemOf({ secret, idle: '1s' }), /0 or 10s at least/)
  assert.match(problemOf({ secret, name: 'a b' }), /name/)
  assert.match(problemOf({ secret, path: '/a; Secure' }), /path/)
  assert.match(problemOf({ secret, domain: 'a;b' }), /domain/)
})

test('a cookie is named after its upstream, with what a name cannot have left out', () => {
  assert.equal(cookieName('sluice-{upstream}', 'users'), 'sluice-users')
  assert.equal(cookieName('{upstream}.{upstream}', 'my users;'), 'my_users_.my_users_')
  assert.equal(cookieName('at', 'users'), 'at')
})

const caching: Readonly<Record<string, string>> = {
  '': 'private',
  'max-age=60': 'max-age=60, private',
  'public, max-age=60': 'max-age=60, private',
  'PUBLIC,s-maxage=60 , must-revalidate': 'must-revalidate, private',
  'no-cache': 'no-cache, private',
  'no-store': 'no-store',
  'Private, max-age=5': 'Private, max-age=5',
  'private="set-cookie, x-y", max-age=5': 'max-age=5, private',
  'ext="public, s-maxage=1"': 'ext="public, s-maxage=1", private',
  ', ,': 'private',
}
for (const [before, after] of Object.entries(caching)) {
  test(`Cache-Control ${JSON.stringify(before)} becomes ${JSON.stringify(after)}`, () => {
    assert.equal(privately(before), after)
  })
}

const lines: readonly (readonly [line: string, value: string | undefined])[] = [
  ['s=1', '1'],
  ['s=1; Path=/', '1'],
  ['s= 1 ;HttpOnly', '1'],
  ['s=a=b', 'a=b'],
  ['ss=1', undefined],
  ['S=1', undefined],
  ['s=1; Max-Age=10', '1'],
  ['s=1; max-age = 0', ''],
  ['s=1; Max-Age=-1; Path=/', ''],
  ['s=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT', ''],
  ['s=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT', '1'],
  ['s=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=5', '1'],
  ['s=1; Expires=nonsense', '1'],
  ['s=', ''],
]
for (const [line, value] of lines) {
  test(`Set-Cookie ${JSON.stringify(line)} gives s ${JSON.stringify(value)}`, () => {
    assert.equal(valueSet(line, 's', 1_700_000_000_000), value)
  })
}

test('a memo keeps what was asked for last, and never more than its size', () => {
  const memo = new Memo<number>(10)
  for (let i = 0; i < 1_000; i++) {
    memo.set(`text ${i}`, i)
    assert.equal(memo.get('text 0'), 0)
    assert.ok(memo.size <= 10)
  }
  assert.equal(memo.get('text 999'), 999)
  assert.equal(memo.get('text 1'), undefined)
})

test('a table of sessions forgets those that were used longest ago, and those that are idle', () => {
  const clock = new VirtualClock()
  const table = new SessionTable(clock, 3, 1_000)
  for (const key of 'abc') table.set(key, key, false)
  assert.equal(table.use('a')?.endpoint, 'a')
  table.set('d', 'd', false)
  assert.deepEqual(
    [...'abcd'].map((key) => table.use(key)?.endpoint),
    ['a', undefined, 'c', 'd'],
  )
  clock.advance(600)
  table.use('c')
  clock.advance(500)
  assert.deepEqual([table.use('a'), table.use('c')?.endpoint], [undefined, 'c'])
  clock.advance(1_000)
  table.set('e', 'e', false)
  assert.equal(table.size, 1)
})

test('an endpoint is named by a secret and its upstream, and the same on every gateway', () => {
  const [one, same, other] = [new Seal(SECRET), new Seal(SECRET), new Seal(`${SECRET}!`)]
  assert.equal(one.tagOf('users', 'a'), same.tagOf('users', 'a'))
  const tags = [one.tagOf('users', 'a'), one.tagOf('users', 'b'), one.tagOf('carts', 'a')]
  assert.equal(new Set([...tags, other.tagOf('users', 'a')]).size, 4)
})
