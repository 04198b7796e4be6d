import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSafePath, matchable } from '../../../core/http/path.ts'

const safe = [
  '/',
  '//',
  '/a',
  '/a/',
  '/a//b',
  '/.well-known/acme',
  '/a.b',
  '/a..b',
  '/..a',
  '/a..',
  '/...',
  '/.a/..b/c.',
  '/a%20b',
  '/caf%C3%A9',
  '/%2Fa',
  '/a%5Cb',
  '/a\\b',
  '/%252e%252e/a',
  '/a;b=c',
  '/...;a',
  '/a..;/b',
  '/;..',
  '/;/a',
  '/a:b@c',
  '/~user',
  '/%7Euser',
  '/a%2e',
  '/%2ewell-known',
  '/..%20',
  '/%01',
  '/__proto__/constructor',
]
for (const path of safe) {
  test(`${path} means the same to everyone`, () => assert.equal(isSafePath(path), true))
}

const unsafe = [
  '/.',
  '/..',
  '/./',
  '/../',
  '/a/.',
  '/a/..',
  '/a/./b',
  '/a/../b',
  '/%2e',
  '/%2E%2e',
  '/.%2e/a',
  '/%2e./a',
  '/a/%2E%2E/b',
  '/..\\a',
  '/a\\..\\b',
  '/a\\..',
  '/\\..',
  '/a/..%2fb',
  '/a/..;/b',
  '/a/..;x=1/b',
  '/a/..;',
  '/a/.;/b',
  '/a/%2e%2E%3b/b',
  '/a/.%2e%3Bx/b',
  '/a%2f..;%2fb',
  '/a/..%5cb',
  '/a%2f..%2Fb',
  '/a%5C%2e%2e%5Cb',
  '/%2f..',
  '/a\0b',
  '/%00',
  '/a%00.png',
  '/a#b',
  '/a%2fb#c',
  '/%',
  '/a%',
  '/a%2',
  '/a%2g',
  '/a%zz',
  '/%%20',
  '/a%u0041',
]
for (const path of unsafe) {
  test(`${JSON.stringify(path)} is refused`, () => assert.equal(isSafePath(path), false))
}

test('the quick look and the thorough one agree', () => {
  const part = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '\\',
    '%2f',
    '%5C',
    ';',
    '%3b',
    'a',
    '%',
    '#',
    '%41',
  )
  const seed = 20_260_103
  console.log(`seed ${seed}`)
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8, size: 'max' }), (parts) => {
      const path = `/${parts.join('')}`
      const isMalformed = /%(?![0-9a-f]{2})|%00|#|\0/i.test(path)
      const segments = isMalformed ? [] : path.split(/[/\\]|%2f|%5c/i)
      const isSafe =
        !isMalformed && !segments.some((one) => /^\.\.?(;|%3b|$)/i.test(one.replace(/%2e/gi, '.')))
      assert.equal(isSafePath(path), isSafe, path)
    }),
    { seed, numRuns: 20_000 },
  )
})

test('unreserved characters are compared decoded, in any case of hex digits', () => {
  assert.equal(matchable('/%75sers/%7e%2D%5f%2E%41%7A%30'), '/users/~-_.Az0')
})

test('every other escape is compared as it is', () => {
  for (const path of [
    '/a%2Fb',
    '/a%20b',
    '/caf%C3%A9',
    '/%3a',
    '/%25',
    '/%2541',
    '/%00',
    '/%5c',
    '/a',
  ]) {
    assert.equal(matchable(path), path)
  }
})

test('decoding is done once: what it uncovers is not decoded again', () => {
  assert.equal(matchable('/%2561'), '/%2561')
  assert.equal(matchable('/%%361'), '/%61')
})
