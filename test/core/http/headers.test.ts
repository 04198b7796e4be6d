import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../../core/http/connection.ts'
import { outgoingHeaders } from '../../../core/http/headers.ts'
import { type Asked, connectionFrom, exchangeFor } from './requests.ts'

const HOST = ['host', 'api.test']

/** What goes to the endpoint: each name in lower case with its values in order. */
function sent(
  headers: readonly string[],
  connection?: Connection,
  { host = 'preserve', ...asked }: Asked & { host?: string } = {},
): Record<string, string[]> {
  const { exchange, bench } = exchangeFor(
    { ...asked, headers: [...HOST, ...headers] },
    connection,
    host,
  )
  return grouped(outgoingHeaders(exchange, bench.endpoint('a')))
}

function grouped(raw: readonly string[]): Record<string, string[]> {
  const lines: Record<string, string[]> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase()
    lines[name] = [...(lines[name] ?? []), raw[i + 1] ?? '']
  }
  return lines
}

const proxy = (): Connection => connectionFrom('10.0.0.9', { trust: ['10.0.0.0/8'] })

test('what the client sent passes as it was written, in order', () => {
  const { exchange, bench } = exchangeFor({
    headers: [...HOST, 'X-Odd', 'a', 'accept', '*/*', 'x-odd', 'b', 'Cookie', 'c=1'],
  })
  const raw = outgoingHeaders(exchange, bench.endpoint('a'))
  assert.deepEqual(raw.slice(0, 10), [
    ...HOST,
    ...['X-Odd', 'a', 'accept', '*/*', 'x-odd', 'b', 'Cookie', 'c=1'],
  ])
})

test('the request’s own list is not changed', () => {
  const { exchange, bench } = exchangeFor({ headers: [...HOST, 'te', 'trailers', 'a', 'b'] })
  const before = [...exchange.req.rawHeaders]
  outgoingHeaders(exchange, bench.endpoint('a'))
  assert.deepEqual(exchange.req.rawHeaders, before)
})

test('hop-by-hop headers stay behind', () => {
  const hops = [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
  ]
  const headers = [...hops, 'HTTP2-Settings', 'Upgrade', 'Expect'].flatMap((name) => [
    name,
    name === 'Expect' ? '100-continue' : 'x',
  ])
  assert.deepEqual(Object.keys(sent(headers)).sort(), [
    'host',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-proto',
  ])
})

test('headers that Connection names stay behind, over several lines and in any spelling', () => {
  const got = sent([
    'Connection',
    'close, X-One',
    'connection',
    ' x-TWO ,,',
    'X-one',
    '1',
    'x-two',
    '2',
    'x-three',
    '3',
  ])
  assert.deepEqual([got['x-one'], got['x-two'], got['x-three']], [undefined, undefined, ['3']])
})

test('no Connection header strikes out what the gateway adds', () => {
  const named = 'x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-forwarded-port, via, host'
  const got = sent(['connection', named])
  assert.deepEqual(got['x-forwarded-for'], ['192.0.2.7'])
  assert.deepEqual(got['x-forwarded-host'], ['api.test'])
  assert.deepEqual(got['x-forwarded-proto'], ['http'])
  assert.deepEqual(got['x-forwarded-port'], ['8080'])
  assert.deepEqual(got.via, ['1.1 sluice'])
  assert.deepEqual(got.host, ['api.test'])
})

test('nor what a plugin set', () => {
  const { exchange, bench } = exchangeFor({
    headers: [...HOST, 'connection', 'x-user', 'x-user', 'eve'],
  })
  exchange.setHeader('X-User', 'ann')
  assert.deepEqual(grouped(outgoingHeaders(exchange, bench.endpoint('a')))['x-user'], ['ann'])
})

test('a body’s length stays, even where Connection names it, and goes where there is no body', () => {
  assert.deepEqual(
    sent(['content-length', '5', 'connection', 'content-length'])['content-length'],
    ['5'],
  )
  assert.equal(sent(['content-length', '0'])['content-length'], undefined)
  assert.equal(sent(['transfer-encoding', 'chunked'])['transfer-encoding'], undefined)
})

test('what an untrusted peer says about the client is replaced', () => {
  const got = sent([
    ...[
      'x-forwarded-for',
      '1.1.1.1',
      'X-Forwarded-For',
      '2.2.2.2',
      'x-forwarded-host',
      'evil.test',
    ],
    ...['x-forwarded-proto', 'https', 'x-forwarded-port', '1', 'forwarded', 'for=1.1.1.1'],
    ...['x-real-ip', '1.1.1.1', 'x-forwarded-prefix', '/evil', 'X_Forwarded_Proto', 'https'],
  ])
  assert.deepEqual(got, {
    host: ['api.test'],
    'x-forwarded-for': ['192.0.2.7'],
    'x-forwarded-host': ['api.test'],
    'x-forwarded-proto': ['http'],
    'x-forwarded-port': ['8080'],
    via: ['1.1 sluice'],
  })
})

test('what a trusted proxy says is kept, and its address is added', () => {
  const got = sent(
    [
      ...[
        'x-forwarded-for',
        '1.1.1.1',
        'x-forwarded-host',
        'shop.test',
        'x-forwarded-proto',
        'https',
      ],
      ...['x-forwarded-port', '443', 'forwarded', 'for=1.1.1.1', 'x-real-ip', '1.1.1.1'],
    ],
    proxy(),
  )
  assert.deepEqual(got['x-forwarded-for'], ['1.1.1.1, 10.0.0.9'])
  assert.deepEqual(got['x-forwarded-host'], ['shop.test'])
  assert.deepEqual(got['x-forwarded-proto'], ['https'])
  assert.deepEqual(got['x-forwarded-port'], ['443'])
  assert.deepEqual(got.forwarded, ['for=1.1.1.1'])
  assert.deepEqual(got['x-real-ip'], ['1.1.1.1'])
})

test('what a trusted proxy leaves out is filled in', () => {
  const got = sent(['x-forwarded-proto', 'https'], proxy())
  assert.deepEqual(got['x-forwarded-for'], ['10.0.0.9'])
  assert.deepEqual(got['x-forwarded-host'], ['api.test'])
  assert.deepEqual(got['x-forwarded-port'], ['8080'])
})

test('underscores imitate nothing, not even behind a trusted proxy', () => {
  const got = sent(['X_Forwarded_Proto', 'https', 'x_forwarded_for', '6.6.6.6'], proxy())
  assert.deepEqual(got['x-forwarded-proto'], ['http'])
  assert.deepEqual(got['x-forwarded-for'], ['10.0.0.9'])
  assert.equal(
    Object.keys(got).some((name) => name.includes('_')),
    false,
  )
})

// HAProxy's `option forwardfor` adds a line of its own: the last line is the nearest hop.
test('several X-Forwarded-For lines of a trusted proxy are one list, in their order', () => {
  const got = sent(['x-forwarded-for', '1.1.1.1', 'X-Forwarded-For', '2.2.2.2, 3.3.3.3'], proxy())
  assert.deepEqual(got['x-forwarded-for'], ['1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9'])
})

test('every Via line is kept, in order, and the gateway’s comes last', () => {
  assert.deepEqual(sent(['via', '1.0 a'])?.via, ['1.0 a, 1.1 sluice'])
  assert.deepEqual(sent(['via', '1.0 a', 'Via', '1.1 b'])?.via, ['1.0 a, 1.1 b, 1.1 sluice'])
})

test('TLS of the client’s is told to the endpoint', () => {
  const got = sent([], connectionFrom('192.0.2.7', { encrypted: true }))
  assert.deepEqual(got['x-forwarded-proto'], ['https'])
})

test('Host is the client’s, the endpoint’s or a text, and one line always', () => {
  assert.deepEqual(sent([]).host, ['api.test'])
  assert.deepEqual(sent([], undefined, { host: 'upstream' }).host, ['10.0.0.1:9001'])
  assert.deepEqual(sent([], undefined, { host: 'users.internal' }).host, ['users.internal'])
  assert.deepEqual(sent([], undefined, { host: 'upstream' })['x-forwarded-host'], ['api.test'])
})

test('what plugins set and removed counts last', () => {
  const { exchange, bench } = exchangeFor({ headers: [...HOST, 'x-user', 'eve', 'cookie', 'a=1'] })
  exchange.setHeader('X-User', 'ann')
  exchange.setHeader('X-Forwarded-For', 'hidden')
  exchange.removeHeader('Cookie')
  exchange.removeHeader('via')
  const got = grouped(outgoingHeaders(exchange, bench.endpoint('a')))
  assert.deepEqual([got['x-user'], got['x-forwarded-for']], [['ann'], ['hidden']])
  assert.deepEqual([got.cookie, got.via], [undefined, undefined])
})
