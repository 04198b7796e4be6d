import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CredentialSource, credentialPlace } from 'sluice'
import { fakeExchange } from 'sluice/testing'

function seen(source: CredentialSource, headers: Record<string, string>, target = '/') {
  const place = credentialPlace(source)
  const exchange = fakeExchange({ headers, target })
  const text = place.read(exchange)
  place.remove(exchange)
  return [typeof text === 'string' ? place.in(text) : text, Object.fromEntries(exchange.outgoing)]
}

test('credentials are found where they should stand, and do not go upstream', () => {
  const other = { accept: 'a/b' }
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const headers = { ...other, authorization: `${scheme}  abc ` }
    assert.deepEqual(seen('bearer', headers), ['abc', other])
  }
  assert.deepEqual(seen('basic', { authorization: 'Basic YTpi' }), ['YTpi', {}])
  assert.deepEqual(seen('basic', { authorization: 'Bearer abc' }), [undefined, {}])
  assert.deepEqual(seen({ header: 'X-Key' }, { 'x-key': 'abc', ...other }), ['abc', other])
  assert.deepEqual(seen({ cookie: 's' }, { cookie: 'a=1; s=abc' }), ['abc', { cookie: 'a=1' }])
  assert.deepEqual(seen({ query: 'key' }, other, '/?a=1&key=a%2Fc'), ['a/c', other])
  for (const source of ['bearer', { header: 'k' }, { cookie: 'k' }, { query: 'k' }] as const) {
    assert.deepEqual(seen(source, other), [undefined, other])
  }
})

test('a header that comes twice is no credential', () => {
  assert.equal(seen({ header: 'x-key' }, { 'x-key': 'a', 'X-Key': 'a' })[0], null)
  assert.equal(seen('bearer', { authorization: 'Bearer a', Authorization: 'Basic a' })[0], null)
})
