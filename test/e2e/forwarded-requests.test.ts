import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { answerText, OK, startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, type Message, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const file = { after }
const endpoint = await startEndpoint(file, ({ startLine }) =>
  startLine.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n' : OK,
)
const { gateway, port } = await startGatewayTo(file, [endpoint.url])

beforeEach(() => {
  endpoint.requests.length = 0
})

const TARGETS = [
  '/',
  '//',
  '///a//b///',
  '/a',
  '/a/',
  '/A/b/C',
  '/a%2Fb',
  '/a%2fb',
  '/a%5Cb',
  '/%41%7e',
  '/a%20b?x=%zz',
  '/a?x=%',
  '/a?',
  '/a??b=/../c',
  '/a?b=\\..\\',
  '/A;x=1',
  '/a;b/c;d=e',
  '/%252e%252e/',
  '/...',
  '/.a/..b/c..',
  '/*',
  '/**/*',
  "/!$&'()*+,;=:@-._~",
  '/{}|^`"<>[]',
  '/a+b%2Bc',
  '/%E4%BD%A0',
  '/0',
  '/1',
  '/http://b.test/',
  '/a:80',
  '/__proto__/constructor',
  `/${'a'.repeat(4_096)}`,
  `/${'a/'.repeat(2_048)}`,
  `/a?${'b=c&'.repeat(1_024)}`,
]

describe('a target is forwarded byte for byte', () => {
  for (const target of TARGETS) {
    test(JSON.stringify(target.slice(0, 40)), async (t) => {
      const answer = await exchange(t, port, `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`)
      assert.equal(statusOf(answer), 200)
      assert.equal(only().startLine, `GET ${target} HTTP/1.1`)
    })
  }
})

const ABSOLUTE: readonly (readonly [string, string, string])[] = [
  ['http://b.test/x?y', '/x?y', 'b.test'],
  ['http://b.test', '/', 'b.test'],
  ['http://b.test?y', '/?y', 'b.test'],
  ['HTTP://B.test:8080/X', '/X', 'B.test:8080'],
  ['https://b.test//x', '//x', 'b.test'],
  ['http://[::1]:80/x', '/x', '[::1]:80'],
]

describe('a target in absolute form is forwarded as a path, and its authority as the Host', () => {
  for (const [target, path, host] of ABSOLUTE) {
    test(target, async (t) => {
      await exchange(t, port, `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`)
      assert.equal(only().startLine, `GET ${path} HTTP/1.1`)
      assert.equal(headerOf(only(), 'host'), host)
      assert.equal(headerOf(only(), 'x-forwarded-host'), host)
    })
  }
})

const METHODS = 'GET OPTIONS POST PUT PATCH DELETE PROPFIND MKCOL REPORT QUERY PURGE TRACE LINK'

describe('a method is forwarded as it is, with a body and without', () => {
  for (const method of METHODS.split(' ')) {
    test(method, async (t) => {
      await exchange(t, port, `${method} /x HTTP/1.1\r\nHost: a.test\r\n\r\n`)
      assert.equal(only().startLine, `${method} /x HTTP/1.1`)
      assert.equal(only().body.length, 0)
    })
    test(`${method} with a body`, async (t) => {
      const head = `${method} /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n`
      await exchange(t, port, `${head}body`)
      assert.equal(only().startLine, `${method} /x HTTP/1.1`)
      assert.equal(only().body.toString(), 'body')
    })
  }

  test('HEAD, whose answer has a length and no body', async (t) => {
    const client = await RawClient.connect(t, port)
    client.send('HEAD /x HTTP/1.1\r\nHost: a.test\r\n\r\nGET /y HTTP/1.1\r\nHost: a.test\r\n\r\n')
    const answer = await client.answer({ isBodiless: true })
    assert.equal(headerOf(answer, 'content-length'), '2')
    assert.equal((await client.answer())?.body.toString(), 'ok')
    assert.deepEqual(startLines(), ['HEAD /x HTTP/1.1', 'GET /y HTTP/1.1'])
  })
})

const TEXT = `{"broken JSON": ${'x'.repeat(1_500_000)}`

/** Lines of the head, then the body; the endpoint must get the body as it is. */
const BODIES: readonly (readonly [string, string, string])[] = [
  ['a malformed Content-Type', 'Content-Type: ;;;/\r\n', 'body'],
  ['an empty Content-Type', 'Content-Type:\r\n', 'body'],
  ['an unknown Content-Type', 'Content-Type: x/y; charset="z\r\n', 'body'],
  ['no Content-Type', '', 'body'],
  ['JSON that is none', 'Content-Type: application/json\r\n', '{'],
  ['large JSON', 'Content-Type: application/json\r\n', TEXT],
  ['large text', 'Content-Type: text/plain\r\n', TEXT],
  ['a form', 'Content-Type: application/x-www-form-urlencoded\r\n', 'a=b&c=%zz'],
  ['multipart', 'Content-Type: multipart/form-data; boundary=b\r\n', '--b\r\n\r\nx\r\n--b--\r\n'],
  ['compressed bytes', 'Content-Encoding: gzip\r\n', '\x1f\x8b\x08\x00\xff\xfe'],
  ['every byte', '', String.fromCharCode(...Array(256).keys())],
]

describe('a body is forwarded unread', () => {
  for (const [name, lines, body] of BODIES) {
    const post = `POST /x HTTP/1.1\r\nHost: a.test\r\n${lines}`
    test(`${name}, with its length`, async (t) => {
      await exchange(t, port, `${post}Content-Length: ${body.length}\r\n\r\n${body}`)
      assert(only().body.equals(Buffer.from(body, 'latin1')))
      assert.equal(headerOf(only(), 'content-length'), String(body.length))
      assert.equal(headerOf(only(), 'transfer-encoding'), undefined)
      assert.equal(contentTypeLine(only()), lines.includes('Content-Type') ? lines.trim() : '')
    })
    test(`${name}, in chunks`, async (t) => {
      await exchange(t, port, `${post}Transfer-Encoding: chunked\r\n\r\n${inChunks(body)}`)
      assert(only().body.equals(Buffer.from(body, 'latin1')))
      assert.equal(headerOf(only(), 'content-length'), undefined)
      assert.equal(headerOf(only(), 'transfer-encoding'), 'chunked')
    })
  }

  test('an empty body with its length', async (t) => {
    await exchange(t, port, 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n')
    assert.equal(headerOf(only(), 'content-length'), '0')
    assert.equal(headerOf(only(), 'transfer-encoding'), undefined)
  })

  test('an empty body in chunks, and chunks with extensions and trailers', async (t) => {
    const post = 'POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'
    const client = await RawClient.connect(t, port)
    client.send(`${post}0\r\n\r\n${post}2;a=b\r\nok\r\n000\r\nX-A: b\r\n\r\n`)
    assert.equal(statusOf(await client.answer()), 200)
    assert.equal(statusOf(await client.answer()), 200)
    assert.deepEqual(bodies(), ['', 'ok'])
  })

  test('a body that comes byte by byte', async (t) => {
    const client = await RawClient.connect(t, port)
    const bytes = 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\nbyte by.'
    for (const byte of bytes) {
      client.send(byte)
      await new Promise(setImmediate)
    }
    assert.equal(statusOf(await client.answer()), 200)
    assert.deepEqual(bodies(), ['byte by.'])
  })
})

test('100-continue is answered by the gateway and not forwarded', async (t) => {
  const client = await RawClient.connect(t, port)
  client.send(
    'POST /x HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n',
  )
  assert.equal(statusOf(await client.answer()), 100)
  assert.equal(statusOf(await client.send('ok').answer()), 200)
  assert.equal(headerOf(only(), 'expect'), undefined)
  assert.deepEqual(bodies(), ['ok'])
})

test('100-continue without a body, or on HTTP/1.0, is an ordinary request', async (t) => {
  const expect = 'Host: a.test\r\nExpect: 100-continue\r\n'
  const bare = await exchange(t, port, `GET /x HTTP/1.1\r\n${expect}\r\n`)
  const old = await exchange(t, port, `POST /x HTTP/1.0\r\n${expect}Content-Length: 2\r\n\r\nok`)
  assert.deepEqual([statusOf(bare), statusOf(old)], [200, 200])
  assert.deepEqual(bodies(), ['', 'ok'])
})

test('a refused request that expects 100-continue gets its refusal at once', async (t) => {
  const { port } = await startGatewayTo(t, [endpoint.url], { route: { path: '/only' } })
  const expect = 'Expect: 100-continue\r\nContent-Length: 2\r\n'
  const answer = await exchange(t, port, `POST /x HTTP/1.1\r\nHost: a.test\r\n${expect}\r\n`)
  assert.equal(statusOf(answer), 404)
})

test('many requests on one connection are forwarded once each', async (t) => {
  const client = await RawClient.connect(t, port)
  const paths = Array.from({ length: 200 }, (_, number) => `/${number}`)
  for (const path of paths) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`)
    assert.equal((await client.answer())?.body.toString(), 'ok')
  }
  await whenIdle(gateway)
  assert.deepEqual(
    startLines(),
    paths.map((path) => `GET ${path} HTTP/1.1`),
  )
})

test('a body larger than every buffer on the way arrives whole', async (t) => {
  const body = Buffer.alloc(8 * 2 ** 20, 'abcdefghijk')
  const echo = await startEndpoint(t, (request) => answerText(String(request.body.equals(body))))
  const { port } = await startGatewayTo(t, [echo.url])
  const client = await RawClient.connect(t, port)
  client.send(`PUT /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n`)
  assert.equal((await client.send(body).answer())?.body.toString(), 'true')
})

function only(): Message {
  assert.equal(endpoint.requests.length, 1)
  return endpoint.requests[0]!
}

function startLines(): string[] {
  return endpoint.requests.map(({ startLine }) => startLine)
}

function bodies(): string[] {
  return endpoint.requests.map(({ body }) => body.toString())
}

function contentTypeLine({ headers }: Message): string {
  const line = headers.find(([name]) => name.toLowerCase() === 'content-type')
  return line === undefined ? '' : `${line[0]}: ${line[1]}`.trim()
}

function inChunks(body: string): string {
  let text = ''
  for (let start = 0; start < body.length; start += 1_000) {
    const chunk = body.slice(start, start + 1_000)
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
  }
  return `${text}0\r\n\r\n`
}
