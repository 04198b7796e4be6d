import assert from 'node:assert/strict'
import { test } from 'node:test'
import { respond } from 'sluice/plugins'
import { fakeExchange, instantiate } from 'sluice/testing'

type Options = Parameters<typeof respond>[0]

function replyTo(options: Options) {
  const exchange = fakeExchange()
  instantiate(respond(options)).request?.(exchange)
  return exchange.replied
}

test('without options it is an empty 200', () => {
  assert.deepEqual(replyTo({}), { status: 200, headers: {}, body: Buffer.alloc(0) })
})

test('text and bytes have the type that they are', () => {
  const bytes = new Uint8Array([0, 255])
  assert.deepEqual(replyTo({ body: 'é' }), {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from('é'),
  })
  assert.deepEqual(replyTo({ body: bytes })?.headers, {
    'content-type': 'application/octet-stream',
  })
  const headers = { 'Content-Type': 'text/html', 'x-a': ['1', '2'] }
  assert.deepEqual(replyTo({ body: '<p>', headers })?.headers, headers)
})

test('what cannot be sent is refused at load', () => {
  const refusals: readonly (readonly [unknown, RegExp])[] = [
    [{ status: 100 }, /status must be >= 200/],
    [{ status: 204, body: 'x' }, /a 204 has none/],
    [{ status: 304, body: 'x' }, /a 304 has none/],
    [{ body: 5 }, /body must be text or a Uint8Array/],
    [{ headers: { 'a b': 'x' } }, /"a b" cannot stand/],
    [{ headers: { a: 'x\r\ny: z' } }, /"a" cannot stand/],
    [{ headers: { 'Content-Length': '5' } }, /"Content-Length" is the gateway’s own/],
    [{ headers: { 'transfer-encoding': 'chunked' } }, /is the gateway’s own/],
    [{ headers: { a: 5 } }, /headers\/a must be a text or a list/],
  ]
  for (const [options, message] of refusals) {
    assert.throws(() => instantiate(respond(options as Options)), message)
  }
})
