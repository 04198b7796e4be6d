import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { A } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import {
  DATA,
  dataFrame,
  END_HEADERS,
  END_STREAM,
  FrameClient,
  GOAWAY,
  HEADERS,
  headersFrame,
  RST_STREAM,
} from '../support/frame-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

type Fields = readonly (readonly [string, string])[]

const GET: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/bad'],
  [':authority', 'a.test'],
]
const GOOD: Fields = [...GET.filter(([name]) => name !== ':path'), [':path', '/good']]

/** GET with one field in another form, or without it. */
function but(name: string, ...values: readonly string[]): Fields {
  return GET.flatMap((field) =>
    field[0] === name ? values.map((value) => [name, value] as const) : [field],
  )
}

/** Requests that are answered with an error, or whose stream is reset: never forwarded. */
const REFUSED: readonly { name: string; fields: Fields; status?: number }[] = [
  { name: 'no :method', fields: but(':method') },
  { name: 'no :scheme', fields: but(':scheme') },
  { name: 'no :path', fields: but(':path') },
  { name: 'neither :authority nor Host', fields: but(':authority') },
  { name: 'two :method', fields: but(':method', 'GET', 'GET') },
  { name: 'two :path', fields: but(':path', '/a', '/b') },
  { name: 'two :authority', fields: but(':authority', 'a.test', 'a.test') },
  { name: 'an unknown pseudo header', fields: [[':sluice', 'x'], ...GET] },
  { name: 'a pseudo header of answers', fields: [...GET, [':status', '200']] },
  { name: 'a pseudo header behind others', fields: [['x-a', 'b'], ...GET] },
  { name: 'an empty :path', fields: but(':path', '') },
  { name: 'a :path without a slash', fields: but(':path', 'bad') },
  { name: 'a :path that is *', fields: but(':path', '*') },
  { name: 'a :path in absolute form', fields: but(':path', 'https://a.test/bad') },
  { name: 'a :path with a space', fields: but(':path', '/a HTTP/1.1\r\nx: y') },
  { name: 'a :path with a line end', fields: but(':path', '/a\r\nx: y') },
  { name: 'a :path with dot segments', fields: but(':path', '/a/../bad'), status: 400 },
  { name: 'a :path with encoded dot segments', fields: but(':path', '/%2e%2e/bad'), status: 400 },
  { name: 'a :path with an encoded NUL', fields: but(':path', '/%00'), status: 400 },
  { name: 'a :path with a broken escape', fields: but(':path', '/%zz'), status: 400 },
  { name: 'a :path with a fragment', fields: but(':path', '/a#b') },
  { name: 'a scheme of neither HTTP', fields: but(':scheme', 'ftp'), status: 400 },
  { name: 'an :authority with credentials', fields: but(':authority', 'user@a.test') },
  { name: 'an :authority with a path', fields: but(':authority', 'a.test/x') },
  { name: 'an :authority with a space', fields: but(':authority', 'a b') },
  { name: 'an empty :authority', fields: but(':authority', '') },
  { name: 'a Host that names another', fields: [...GET, ['host', 'b.test']], status: 400 },
  { name: 'two Hosts', fields: [...GET, ['host', 'a.test'], ['host', 'a.test']] },
  { name: 'Connection', fields: [...GET, ['connection', 'close']] },
  { name: 'Keep-Alive', fields: [...GET, ['keep-alive', 'timeout=5']] },
  { name: 'Proxy-Connection', fields: [...GET, ['proxy-connection', 'keep-alive']] },
  { name: 'Transfer-Encoding', fields: [...GET, ['transfer-encoding', 'chunked']] },
  { name: 'Upgrade', fields: [...GET, ['upgrade', 'websocket']] },
  { name: 'HTTP2-Settings', fields: [...GET, ['http2-settings', 'AAAA']], status: 400 },
  { name: 'TE other than trailers', fields: [...GET, ['te', 'gzip']] },
  { name: 'TE with more than trailers', fields: [...GET, ['te', 'trailers, gzip']] },
  { name: 'a name in upper case', fields: [...GET, ['X-A', 'b']] },
  { name: 'a length beside no body', fields: [...GET, ['content-length', '5']] },
  { name: 'two lengths', fields: [...GET, ['content-length', '0'], ['content-length', '0']] },
  { name: 'a signed length', fields: [...GET, ['content-length', '+0']] },
  { name: 'a list of lengths', fields: [...GET, ['content-length', '0, 0']] },
  { name: 'another expectation', fields: [...GET, ['expect', '200-ok']], status: 417 },
  { name: 'a method nobody knows', fields: but(':method', 'BREW'), status: 501 },
  { name: 'a method in lower case', fields: but(':method', 'get'), status: 501 },
  {
    name: 'CONNECT',
    fields: [
      [':method', 'CONNECT'],
      [':authority', 'a.test:1'],
    ],
    status: 501,
  },
  {
    name: 'extended CONNECT',
    fields: [[':protocol', 'websocket'], ...but(':method', 'CONNECT')],
  },
  { name: 'a head beyond maxHeaderSize', fields: [...GET, ['x', 'a'.repeat(20_000)]], status: 431 },
  { name: 'a head far beyond maxHeaderSize', fields: [...GET, ['x', 'a'.repeat(60_000)]] },
]

/** Requests whose fault is left out, so that what is forwarded is one well-formed request. */
const CLEANED: readonly { name: string; field: readonly [string, string] }[] = [
  { name: 'a name with a space', field: ['x a', 'b'] },
  { name: 'a name with a colon', field: ['x:a', 'b'] },
  { name: 'an empty name', field: ['', 'b'] },
  { name: 'a name with a line end', field: ['x\r\ny', 'b'] },
  { name: 'a value with a line end', field: ['x-a', 'b\r\nhost: evil'] },
  { name: 'a value with a bare LF', field: ['x-a', 'b\nhost: evil'] },
  { name: 'a value with NUL', field: ['x-a', 'b\0c'] },
  { name: 'a value with spaces around', field: ['x-a', ' b '] },
]

const file = { after }
const endpoint = await startEndpoint(file)
const { gateway, port } = await startGatewayTo(file, [endpoint.url], { listener: { tls: A } })

beforeEach(() => {
  endpoint.requests.length = 0
})

describe('a malformed HTTP/2 request is refused and never reaches an endpoint', () => {
  for (const { name, fields, status } of REFUSED) {
    test(name, async (t) => {
      const client = await FrameClient.connect(t, port)
      client.send(...fragments(1, fields))
      const refusal = await Promise.race([
        client.frame(HEADERS, 1).then(statusIn),
        client.frame(RST_STREAM, 1).then(() => 0),
        client.frame(GOAWAY).then(() => 0),
      ])
      if (status !== undefined) assert.equal(refusal, status)
      else assert.ok(refusal === 0 || refusal >= 400, `answered with ${refusal}`)
      await whenIdle(gateway)
      assert.deepEqual(endpoint.requests, [])
    })
  }
})

describe('a field that HTTP/1.1 could not carry never reaches an endpoint', () => {
  for (const { name, field } of CLEANED) {
    test(name, async (t) => {
      const client = await FrameClient.connect(t, port)
      client.send(headersFrame(1, [...GET, field, ['x-last', '1']]))
      await Promise.race([client.frame(HEADERS, 1), client.frame(RST_STREAM, 1)])
      await whenIdle(gateway)
      const names = endpoint.requests.flatMap(({ headers }) => headers.map(([key]) => key))
      const values = endpoint.requests.flatMap(({ headers }) => headers.map(([, value]) => value))
      assert.equal(names.includes('x-a') || names.some((key) => /[^a-z-]/i.test(key)), false)
      assert.equal(
        values.some((value) => value.includes('evil')),
        false,
      )
    })
  }
})

describe('a body that is not as long as its length never ends as a whole one', () => {
  const POST: Fields = [...but(':method', 'POST'), ['content-length', '5']]
  for (const text of ['four', 'sixsix']) {
    test(`${text.length} bytes of 5`, async (t) => {
      const client = await FrameClient.connect(t, port)
      client.send(headersFrame(1, POST, END_HEADERS), dataFrame(1, text))
      await waitFor(() => client.isClosed || client.has(RST_STREAM), 'the stream is ended')
      await whenIdle(gateway)
      assert.deepEqual(endpoint.requests, [])
    })
  }

  test('a body without a length that the client resets without an error', async (t) => {
    const client = await FrameClient.connect(t, port)
    client.send(headersFrame(1, but(':method', 'POST'), END_HEADERS), dataFrame(1, 'half', 0))
    await waitFor(() => gateway.status().exchanges > 0, 'the head was taken')
    client.send({ type: RST_STREAM, flags: 0, stream: 1, payload: Buffer.alloc(4) })
    await whenIdle(gateway)
    assert.deepEqual(endpoint.requests, [])
  })
})

test('a refused stream leaves the others of its connection alone', async (t) => {
  const client = await FrameClient.connect(t, port)
  client.send(headersFrame(1, but(':path', '/a/../b')), headersFrame(3, GOOD))
  assert.equal(statusIn(await client.frame(HEADERS, 1)), 400)
  assert.equal(statusIn(await client.frame(HEADERS, 3)), 200)
  assert.equal((await client.frame(DATA, 3)).payload.toString(), 'ok')
})

test('a cookie in crumbs arrives as one line', async (t) => {
  const client = await FrameClient.connect(t, port)
  client.send(headersFrame(1, [...GET, ['cookie', 'a=1'], ['x-a', 'b'], ['cookie', 'c=2']]))
  await client.frame(DATA, 1)
  const cookies = endpoint.requests[0]?.headers.filter(([name]) => name === 'cookie')
  assert.deepEqual(cookies, [['cookie', 'a=1; c=2']])
})

test('names of properties that every object has are headers as others are', async (t) => {
  const client = await FrameClient.connect(t, port)
  const odd = ['__proto__', 'constructor', 'tostring'].map((name) => [name, 'x'] as const)
  client.send(headersFrame(1, [...GET, ...odd]))
  assert.equal(statusIn(await client.frame(HEADERS, 1)), 200)
  const sent = endpoint.requests[0]?.headers.filter(([, value]) => value === 'x')
  assert.deepEqual(sent, odd)
})

// Beyond a frame's 16 KiB a head goes on in CONTINUATION.
function fragments(stream: number, fields: Fields) {
  const whole = headersFrame(stream, fields)
  const most = 16_000
  if (whole.payload.length <= most) return [whole]
  const frames = []
  for (let at = 0; at < whole.payload.length; at += most) {
    const payload = whole.payload.subarray(at, at + most)
    const isFirst = at === 0
    const isLast = at + most >= whole.payload.length
    const flags = (isFirst ? END_STREAM : 0) | (isLast ? END_HEADERS : 0)
    frames.push({ type: isFirst ? HEADERS : 9, flags, stream, payload })
  }
  return frames
}

/** The status of an answer's head, from HPACK as nghttp2 writes it. */
function statusIn({ payload }: { payload: Buffer }): number {
  const first = payload[0] ?? 0
  const indexed: Record<number, number> = {
    8: 200,
    9: 204,
    10: 206,
    11: 304,
    12: 400,
    13: 404,
    14: 500,
  }
  if (first >= 128) return indexed[first - 128] ?? 0
  // A literal value under the name `:status` (index 8), Huffman coded or not.
  const isHuffman = ((payload[1] ?? 0) & 128) !== 0
  const length = (payload[1] ?? 0) & 127
  const value = payload.subarray(2, 2 + length)
  return isHuffman ? digits(value) : Number(value.toString('latin1'))
}

// RFC 7541, appendix B: 0, 1 and 2 have codes of 5 bits, the other digits of 6.
function digits(coded: Buffer): number {
  let bits = Array.from(coded, (byte) => byte.toString(2).padStart(8, '0')).join('')
  let text = ''
  while (text.length < 3) {
    const short = Number.parseInt(bits.slice(0, 5), 2)
    const long = Number.parseInt(bits.slice(0, 6), 2)
    text += short <= 2 ? short : long - 0x19 + 3
    bits = bits.slice(short <= 2 ? 5 : 6)
  }
  return Number(text)
}
