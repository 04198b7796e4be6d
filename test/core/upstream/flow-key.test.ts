import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../../../core/contracts/exchange.ts'
import type { KeySource } from '../../../core/contracts/key-source.ts'
import { fakeExchange } from '../../../core/simulate/fake-exchange.ts'
import { hash32 } from '../../../core/system/hash.ts'
import { keyReader } from '../../../core/upstream/flow-key.ts'

const exchange = fakeExchange({
  target: '/users/7?tenant=acme&tenant=other&none=',
  params: { id: '7' },
  headers: { 'X-User': 'ada', Cookie: 'a=1; session=abc; session=def', 'x-empty': '' },
  client: { address: '203.0.113.9' },
})
const peer = { address: '203.0.113.9', port: 4_711 }

const cases: readonly (readonly [KeySource, string])[] = [
  ['ip', '203.0.113.9'],
  ['path', '/users/7'],
  [{ header: 'x-user' }, 'ada'],
  [{ cookie: 'session' }, 'abc'],
  [{ query: 'tenant' }, 'acme'],
  [{ param: 'id' }, '7'],
  [({ header }: Exchange) => header('x-user')?.toUpperCase(), 'ADA'],
]
for (const [source, value] of cases) {
  const name = typeof source === 'function' ? 'a function' : JSON.stringify(source)
  test(`the key by ${name} is the hash of the value`, () => {
    assert.equal(keyReader(source)?.ofExchange(exchange), hash32(value))
  })
}

test('a request without the value, or with an empty one, has no key', () => {
  const missing: KeySource[] = [
    ...['header', 'cookie', 'query', 'param'].map((kind) => ({ [kind]: 'nobody' }) as never),
    { header: 'x-empty' },
    { query: 'none' },
    () => undefined,
    () => '',
  ]
  for (const source of missing) assert.equal(keyReader(source)?.ofExchange(exchange), -1)
})

test('at layer 4 there are addresses and functions alone', () => {
  assert.equal(keyReader('ip')?.ofPeer(peer), hash32('203.0.113.9'))
  assert.equal(
    keyReader((one) => ('port' in one ? `${one.port}` : ''))?.ofPeer(peer),
    hash32('4711'),
  )
  assert.equal(keyReader('path')?.ofPeer(peer), -1)
  assert.equal(keyReader({ header: 'x-user' })?.ofPeer(peer), -1)
})

test('a strategy that hashes nothing has no reader', () => {
  assert.equal(keyReader(undefined), undefined)
})

test('a cookie may stand in any of several Cookie lines', () => {
  const rawHeaders = ['cookie', 'a=1', 'X-A', 'session=x', 'COOKIE', 'b=2; session=abc']
  const several = { ...exchange, rawHeaders }
  assert.equal(keyReader({ cookie: 'session' })?.ofExchange(several), hash32('abc'))
  assert.equal(keyReader({ cookie: 'c' })?.ofExchange(several), -1)
})

test('a function that gives something else than a text is told so', () => {
  for (const wrong of [0, 7, {}, Promise.resolve('ada')]) {
    const reader = keyReader((() => wrong) as never)
    assert.throws(() => reader?.ofExchange(exchange), /a key function must give a string/)
    assert.throws(() => reader?.ofPeer(peer), TypeError)
  }
  assert.equal(keyReader((() => null) as never)?.ofExchange(exchange), -1)
})
