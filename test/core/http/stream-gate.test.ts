import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestHead } from '../../../core/http/gate.ts'
import { judgeStream } from '../../../core/http/stream-gate.ts'

const GET = [':method', 'GET', ':scheme', 'https', ':path', '/a?b', ':authority', 'a.test']
const MOST_BYTES = 16_384

function judged(received: string[], complete = true) {
  const req = { rawHeaders: [] as string[], complete }
  const head = judgeStream(req as never, received, MOST_BYTES)
  return { head, raw: req.rawHeaders }
}

test('an ordinary request is described as one of HTTP/1.1 would be', () => {
  const { head, raw } = judged([...GET, 'x-a', 'b', 'te', 'trailers'])
  assert.deepEqual(head, {
    host: 'a.test',
    target: '/a?b',
    path: '/a',
    connection: '',
    upgrade: '',
    hasBody: false,
    expectsContinue: false,
  })
  assert.deepEqual(raw, ['host', 'a.test', 'x-a', 'b', 'te', 'trailers'])
})

test('a Host may stand in for :authority, or beside it in another case', () => {
  const alone = judged([...GET.slice(0, 6), 'host', 'A.test:1'])
  assert.equal((alone.head as RequestHead).host, 'A.test:1')
  const beside = judged([...GET, 'host', 'A.TEST'])
  assert.equal((beside.head as RequestHead).host, 'a.test')
  assert.deepEqual(beside.raw, ['host', 'A.TEST'])
})

test('crumbs of a cookie become one line', () => {
  const { raw } = judged([...GET, 'cookie', 'a=1', 'x-a', 'b', 'cookie', 'c=2'])
  assert.deepEqual(raw, ['host', 'a.test', 'x-a', 'b', 'cookie', 'a=1; c=2'])
})

test('a request has a body unless it says that it ends with its head', () => {
  const hasBody = (received: string[], complete: boolean) =>
    (judged(received, complete).head as RequestHead).hasBody
  assert.equal(hasBody(GET, true), false)
  assert.equal(hasBody(GET, false), true)
  assert.equal(hasBody([...GET, 'content-length', '0'], false), false)
  assert.equal(hasBody([...GET, 'content-length', '5'], false), true)
})

const REFUSED: readonly (readonly [what: string, received: string[], code: string])[] = [
  ['a value with a line end', [...GET, 'x-a', 'b\r\nc: d'], 'MALFORMED_REQUEST'],
  ['a value with NUL', [...GET, 'x-a', 'b\0c'], 'MALFORMED_REQUEST'],
  ['a pseudo header behind a cookie', ['cookie', 'a', ...GET], 'MALFORMED_REQUEST'],
  [
    'a target with a space',
    [...GET.slice(0, 4), ':path', '/a b', ':authority', 'a'],
    'MALFORMED_PATH',
  ],
  [
    'a target with a control character',
    [...GET.slice(0, 4), ':path', '/a\x01b', ':authority', 'a.test'],
    'MALFORMED_PATH',
  ],
  ['a length without a body', [...GET, 'content-length', '1'], 'MALFORMED_REQUEST'],
  ['an encoding', [...GET, 'transfer-encoding', 'chunked'], 'MALFORMED_REQUEST'],
  ['a connection', [...GET, 'connection', 'close'], 'MALFORMED_REQUEST'],
  ['an upgrade', [...GET, 'upgrade', 'h2c'], 'MALFORMED_REQUEST'],
  ['no method', GET.slice(2), 'MALFORMED_REQUEST'],
  ['CONNECT', [':method', 'CONNECT', ':authority', 'a.test'], 'NOT_IMPLEMENTED'],
  ['too many bytes', [...GET, 'x-a', 'b'.repeat(MOST_BYTES)], 'HEADERS_TOO_LARGE'],
]
for (const [what, received, code] of REFUSED) {
  test(`${what} is refused`, () => assert.equal(judged(received).head, code))
}
