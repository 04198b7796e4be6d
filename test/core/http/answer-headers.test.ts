import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerHeaders } from '../../../core/http/answer-headers.ts'
import { cleanAnswer, headerIn } from '../../../core/http/headers.ts'

function cleaned(...raw: string[]): string[] {
  cleanAnswer(200, raw)
  return raw
}

test('an answer loses its hop-by-hop headers and keeps everything else in order', () => {
  const kept = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Content-Length', '5', 'Via', '1.1 x']
  const hops = ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Trailer', 'x-sum']
  const more = ['Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'Proxy-Authenticate', 'Basic']
  const answer = cleaned(
    ...kept.slice(0, 2),
    ...hops,
    ...kept.slice(2, 4),
    ...more,
    ...kept.slice(4),
  )
  assert.deepEqual(answer, kept)
})

test('an answer loses what its Connection lines name, all of them', () => {
  const lines = ['connection', 'X-One', 'x-one', '1', 'X-Two', '2', 'CONNECTION', 'close, x-two']
  assert.deepEqual(cleaned(...lines, 'etag', 'e'), ['etag', 'e'])
})

test('an answer’s Connection cannot strike out its length', () => {
  const lines = ['connection', 'content-length', 'content-length', '5']
  assert.deepEqual(cleaned(...lines), ['content-length', '5'])
})

test('an answer’s length is told, or -1 where it has none', () => {
  assert.equal(cleanAnswer(200, ['Content-Length', '5']), 5)
  assert.equal(cleanAnswer(200, ['content-length', '0']), 0)
  assert.equal(cleanAnswer(200, ['etag', 'e']), -1)
  assert.equal(cleanAnswer(200, []), -1)
})

test('the first of several lines is found, in any spelling', () => {
  const raw = ['X-Id', 'one', 'x-id', 'two', '__proto__', 'p']
  assert.equal(headerIn(raw, 'x-ID'), 'one')
  assert.equal(headerIn(raw, '__proto__'), 'p')
  assert.equal(headerIn(raw, 'constructor'), undefined)
})

test('an answer’s head is read in any spelling and changed in place', () => {
  const raw = ['Set-Cookie', 'a=1', 'ETag', '"x"', 'set-cookie', 'b=2']
  const answer = new AnswerHeaders(200, raw)
  assert.equal(answer.header('SET-cookie'), 'a=1')
  assert.equal(answer.header('etag'), '"x"')
  assert.equal(answer.header('gone'), undefined)
  answer.addHeader('set-cookie', 'c=3')
  assert.equal(raw.length, 8)
  answer.setHeader('Set-COOKIE', 'd=4')
  assert.deepEqual(raw, ['ETag', '"x"', 'Set-COOKIE', 'd=4'])
  answer.removeHeader('etag')
  assert.deepEqual(raw, ['Set-COOKIE', 'd=4'])
})

test('a value that cannot be sent does not cost the header that was there', () => {
  const raw = ['etag', '"x"']
  assert.throws(() => new AnswerHeaders(200, raw).setHeader('etag', 'a\r\nb'), TypeError)
  assert.deepEqual(raw, ['etag', '"x"'])
})
