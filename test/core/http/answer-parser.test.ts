import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { RawHeaders } from '../../../core/contracts/transport.ts'
import type { AnswerHeadFields } from '../../../core/http/answer-fields.ts'
import { AnswerParser } from '../../../core/http/answer-parser.ts'

/** What a parser told, with the body in one piece. */
interface Told {
  head?: AnswerHeadFields
  upgrade?: AnswerHeadFields
  body: string
  trailers?: RawHeaders
  rest: number
  error?: string
}

interface Asked {
  method?: string
  upgrade?: boolean
  /** Ends the connection behind the bytes. */
  ends?: boolean
}

function read(
  pieces: readonly Buffer[],
  { method = 'GET', upgrade = false, ends }: Asked = {},
): Told {
  const told: Told = { body: '', rest: 0 }
  const parser = new AnswerParser({
    onHead: (head) => {
      told.head = head
    },
    onUpgrade: (head) => {
      told.upgrade = head
    },
    onData: (piece) => {
      told.body += piece.toString('latin1')
    },
    onEnd: (trailers) => {
      told.trailers = trailers
    },
  })
  parser.expect(method, upgrade)
  try {
    for (const piece of pieces) told.rest += piece.length - parser.execute(piece, piece.length)
    if (ends) parser.finish()
  } catch (error: unknown) {
    told.error = (error as Error).message
  }
  return told
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

const WHOLE: readonly (readonly [name: string, text: string, body: string, asked?: Asked])[] = [
  ['a body with its length', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', 'ok'],
  ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
  [
    'one length sent twice',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok',
    'ok',
  ],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\nok\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n',
    'ok0123456789',
  ],
  [
    'trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n00\r\nx-sum: 1\r\ncontent-length: 9\r\n\r\n',
    'ok',
  ],
  ['a head alone to HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', '', { method: 'HEAD' }],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['304 with a length', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', ''],
  [
    'what comes behind 100 and 103',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'ok',
  ],
  ['a body up to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nok', 'ok', { ends: true }],
  ['an answer of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', 'ok'],
  ['a status above 599', 'HTTP/1.1 999 X\r\ncontent-length: 2\r\n\r\nok', 'ok'],
  ['a status without words', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', 'ok'],
  [
    'latin1 and tabs within a value',
    'HTTP/1.1 200 OK\r\nx-a:\t\xe9 \tb \r\ncontent-length: 2\r\n\r\nok',
    'ok',
  ],
]

describe('reads', () => {
  for (const [name, text, body, asked] of WHOLE) {
    test(name, () => {
      const told = read([bytes(text)], asked)
      assert.deepEqual([told.error, told.body, told.rest], [undefined, body, 0])
      assert.notEqual(told.trailers, undefined)
    })

    test(`${name}, byte by byte`, () => {
      const told = read(
        [...bytes(text)].map((byte) => Buffer.of(byte)),
        asked,
      )
      assert.deepEqual(told, read([bytes(text)], asked))
    })
  }

  test('any answer alike, however its bytes are cut up', () => {
    const answers = fc.constantFrom(...WHOLE)
    const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 })
    fc.assert(
      fc.property(answers, cuts, ([, text, , asked], places) => {
        const all = bytes(text)
        const sorted = [0, ...places.sort((a, b) => a - b), all.length]
        const pieces = sorted.map((from, i) => all.subarray(from, sorted[i + 1] ?? all.length))
        assert.deepEqual(read(pieces, asked), read([all], asked))
      }),
      { verbose: true },
    )
  })
})

const NOT_READ: readonly (readonly [name: string, text: string, error: RegExp, asked?: Asked])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', /no answer/],
  ['the first bytes of another protocol', 'SS', /no answer/],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', /no answer|status line/],
  ['a status below 100', 'HTTP/1.1 099 X\r\n\r\n', /status line/],
  ['four digits of status', 'HTTP/1.1 2000 X\r\n\r\n', /status line/],
  ['two spaces before the status', 'HTTP/1.1  200 X\r\n\r\n', /status line/],
  ['a bare LF behind the status', 'HTTP/1.1 200 OK\nx: y\r\n\r\n', /control|bare/],
  ['a head of bare LFs', 'HTTP/1.1 200 OK\n\n', /bare LF/],
  ['a bare CR', 'HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n', /control/],
  ['a folded header', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n', /control/],
  ['NUL', 'HTTP/1.1 200 OK\r\nx: \0\r\n\r\n', /control/],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nx : a\r\n\r\n', /name/],
  ['an empty name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n', /name/],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nx\r\n\r\n', /colon/],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    /two lengths/,
  ],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n', /length/],
  ['a signed length', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n', /length/],
  ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n', /length/],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n',
    /two ways/,
  ],
  ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', /two ways/],
  ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n', /coding/],
  [
    'chunked twice',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n',
    /coding/,
  ],
  ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /101/],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n', /size/],
  ['a chunk size in words', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', /size/],
  [
    'a chunk size with 0x',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\nok',
    /size/,
  ],
  [
    'a chunk size beyond measure',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n',
    /measure/,
  ],
  [
    'a bare LF behind a size',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\nok\r\n',
    /size/,
  ],
  ['a bare CR behind a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\rok', /CR/],
  [
    'a bare LF in an extension',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a\nok\r\n',
    /extension/,
  ],
  [
    'an extension without end',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;${'a'.repeat(17_000)}`,
    /extension/,
  ],
  [
    'a chunk longer than its size',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokay\r\n',
    /longer/,
  ],
  [
    'a chunk that ends in LF',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\n',
    /longer|CRLF/,
  ],
  [
    'bare LFs in trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\n\n',
    /bare LF/,
  ],
  ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`, /without end/],
  [
    'trailers without end',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${'a'.repeat(70_000)}`,
    /without end/,
  ],
  ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40), /interim/],
]

describe('refuses', () => {
  for (const [name, text, error, asked] of NOT_READ) {
    test(name, () => {
      assert.match(read([bytes(text)], asked).error ?? 'nothing', error)
    })

    test(`${name}, byte by byte`, () => {
      const pieces = [...bytes(text)].map((byte) => Buffer.of(byte))
      assert.match(read(pieces, asked).error ?? 'nothing', error)
    })
  }
})

test('bytes behind an answer are counted, not read', () => {
  const told = read([
    bytes('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'),
  ])
  assert.deepEqual([told.body, told.rest], ['ok', 19])
})

test('bytes behind 101 are no HTTP', () => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\nhello'
  const told = read([bytes(text)], { upgrade: true })
  assert.deepEqual([told.upgrade?.status, told.head, told.rest], [101, undefined, 5])
})

test('the end of the connection ends nothing that has a length', () => {
  const text = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'
  assert.equal(read([bytes(text)], { ends: true }).trailers, undefined)
})

test('trailers that would frame the message anew are dropped', () => {
  const text =
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-a: 1\r\nTransfer-Encoding: x\r\n\r\n'
  assert.deepEqual(read([bytes(text)]).trailers, ['x-a', '1'])
})

test('each chunk may have its own extension, however many there are', () => {
  const chunk = `1;${'a'.repeat(80)}\r\nx\r\n`
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const told = read([bytes(`${head}${chunk.repeat(1_000)}0\r\n\r\n`)])
  assert.deepEqual([told.error, told.body.length], [undefined, 1_000])
})

test('trailers that decide how a message is read are dropped, and gRPC’s go on', () => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n'
  const lines = 'Set-Cookie: a=b\r\ncontent-type: x\r\ngrpc-status: 0\r\n\r\n'
  assert.deepEqual(read([bytes(head + lines)]).trailers, ['grpc-status', '0'])
})

const KEPT: readonly (readonly [head: string, isKept: boolean])[] = [
  ['HTTP/1.1 200 OK\r\n', true],
  ['HTTP/1.1 200 OK\r\nconnection: Close\r\n', false],
  ['HTTP/1.1 200 OK\r\nconnection: x-a , close\r\n', false],
  ['HTTP/1.1 200 OK\r\nconnection: x-close\r\n', true],
  ['HTTP/1.0 200 OK\r\n', false],
  ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n', true],
]

for (const [head, isKept] of KEPT) {
  test(`${JSON.stringify(head)} ${isKept ? 'keeps' : 'ends'} the connection`, () => {
    const told = read([bytes(`${head}content-length: 0\r\n\r\n`)])
    assert.equal(told.head?.isKept, isKept)
  })
}

test('the endpoint’s own patience is read from Keep-Alive', () => {
  const hint = (value: string): number | undefined =>
    read([bytes(`HTTP/1.1 200 OK\r\nkeep-alive: ${value}\r\ncontent-length: 0\r\n\r\n`)]).head
      ?.keepAliveMs
  assert.equal(hint('timeout=5'), 5_000)
  assert.equal(hint('max=9, timeout=12'), 12_000)
  assert.equal(hint('soon'), Number.POSITIVE_INFINITY)
})
