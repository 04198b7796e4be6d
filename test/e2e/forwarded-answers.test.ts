import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { answerText, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES, STRAIGHT } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** A gateway in front of an endpoint that answers everything with these bytes. */
async function answering(t: TestContext, bytes: string, { ends = false, plugins = STRAIGHT } = {}) {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    while ((await requests.next({ deadlineMs: 60_000 }).catch(() => undefined)) !== undefined) {
      socket.write(Buffer.from(bytes, 'latin1'))
      if (ends) socket.end()
    }
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
  return { endpoint, gateway, port }
}

/** Lines of an answer's head, a header's name, and its value at the client. */
const HEADERS: readonly (readonly [string, string, string, string | undefined])[] = [
  ['Keep-Alive', 'Keep-Alive: timeout=1, max=7', 'keep-alive', 'timeout=72'],
  ['Proxy-Authenticate', 'Proxy-Authenticate: Basic', 'proxy-authenticate', undefined],
  ['Proxy-Connection', 'Proxy-Connection: keep-alive', 'proxy-connection', undefined],
  ['Trailer', 'Trailer: x-a', 'trailer', undefined],
  ['Upgrade', 'Upgrade: h2c', 'upgrade', undefined],
  ['Connection: close', 'Connection: close', 'connection', 'keep-alive'],
  ['a named header', 'X-Foo: 1\r\nConnection: x-foo', 'x-foo', undefined],
  ['one of several', 'Connection: close, X-Foo\r\nx-foo: 1', 'x-foo', undefined],
  ['one of two lines', 'Connection: x-foo\r\nConnection: x-b\r\nx-foo: 1', 'x-foo', undefined],
  ['the length, named or not', 'Connection: content-length', 'content-length', '2'],
  ['Set-Cookie, line by line', 'Set-Cookie: a=b\r\nset-cookie: c=d', 'set-cookie', 'a=b, c=d'],
  ['repeated headers', 'X-A: 1\r\nX-a: 2', 'x-a', '1, 2'],
  ['bytes beyond ASCII', 'X-A: \xe4\xf6\xff\x80', 'x-a', '\xe4\xf6\xff\x80'],
  ['a name of Object’s', 'constructor: 1', 'constructor', '1'],
  ['Date, as it is', 'Date: yesterday', 'date', 'yesterday'],
  ['Server', 'Server: it', 'server', 'it'],
  ['an empty value', 'X-A:', 'x-a', ''],
  ['Location', 'Location: http://b.test/../x', 'location', 'http://b.test/../x'],
]

/** An endpoint's answer, whether it then ends the connection, and what the client gets. */
const ANSWERS: readonly (readonly [string, string, boolean, number, string])[] = [
  ['with its length', answerText('ok'), false, 200, 'ok'],
  ['in chunks', chunked('2\r\nok\r\n0\r\n\r\n'), false, 200, 'ok'],
  ['in chunks with extensions', chunked('2;a=b\r\nok\r\n0;c\r\n\r\n'), false, 200, 'ok'],
  ['in chunks with trailers', chunked('2\r\nok\r\n0\r\nX-A: b\r\n\r\n'), false, 200, 'ok'],
  ['up to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nok', true, 200, 'ok'],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nok', true, 200, 'ok'],
  ['that is empty', answerText(''), false, 200, ''],
  ['without content', 'HTTP/1.1 204 No Content\r\n\r\n', false, 204, ''],
  ['that is not modified', 'HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n', false, 304, ''],
  [
    'that is not modified and tells a length',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
    false,
    304,
    '',
  ],
  ['with an odd status', answerText('ok', '', '299 Very Odd'), false, 299, 'ok'],
  ['without words behind its status', answerText('ok', '', '200 '), false, 200, 'ok'],
  ['that redirects', answerText('', 'location: /b\r\n', '302 Found'), false, 302, ''],
  ['that fails', answerText('no', '', '500 No'), false, 500, 'no'],
  ['that sends back', answerText('no', 'retry-after: 1\r\n', '503 No'), false, 503, 'no'],
  [
    'behind 103',
    `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${answerText('ok')}`,
    false,
    200,
    'ok',
  ],
  ['behind 102', `HTTP/1.1 102 Processing\r\n\r\n${answerText('ok')}`, false, 200, 'ok'],
]

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: a header of an answer is kept, or dropped where it is meant for one hop`, () => {
    for (const [name, lines, header, value] of HEADERS) {
      test(name, async (t) => {
        const { port } = await answering(t, answerText('ok', `${lines}\r\n`), { plugins })
        const answer = await exchange(t, port, GET)
        assert.equal(answer?.body.toString(), 'ok')
        assert.equal(headerOf(answer, header), value)
      })
    }
  })

  describe(`${lane}: an answer is delivered whole`, () => {
    for (const [name, bytes, ends, status, body] of ANSWERS) {
      test(name, async (t) => {
        const { gateway, port } = await answering(t, bytes, { ends, plugins })
        const client = await RawClient.connect(t, port)
        for (let round = 0; round < 3; round++) {
          const answer = await client.send(GET).answer()
          assert.equal(statusOf(answer), status)
          assert.equal(answer?.body.toString(), body)
          assert(answer?.isWhole)
          await whenIdle(gateway)
        }
      })
    }

    test('with several Set-Cookie as lines of their own', async (t) => {
      const { port } = await answering(
        t,
        answerText('ok', 'Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n'),
        { plugins },
      )
      const answer = await exchange(t, port, GET)
      const cookies = answer?.headers.filter(([name]) => name.toLowerCase() === 'set-cookie')
      assert.deepEqual(
        cookies?.map(([, value]) => value),
        ['a=b', 'c=d'],
      )
    })
  })

  test(`${lane}: a refusal of the gateway’s own tells its type`, async (t) => {
    const { port } = await answering(t, 'nonsense\r\n\r\n', { plugins })
    const type = headerOf(await exchange(t, port, GET), 'content-type')
    assert.equal(type, 'application/problem+json')
  })
}

test('an answer behind 100 is delivered', async (t) => {
  const { port } = await answering(t, `HTTP/1.1 100 Continue\r\n\r\n${answerText('ok')}`)
  assert.equal(statusOf(await exchange(t, port, GET)), 200)
})

test('an answer keeps the words of its status', async (t) => {
  const { port } = await answering(t, answerText('ok', '', '418 I am a teapot'))
  assert.equal((await exchange(t, port, GET))?.startLine, 'HTTP/1.1 418 I am a teapot')
})

test('pipelined requests reach the endpoint one at a time and are answered in order', async (t) => {
  let open = 0
  let most = 0
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    for (let request = await requests.next(); request; request = await requests.next()) {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setImmediate(resolve))
      open--
      socket.write(answerText(request.startLine))
    }
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url])
  const client = await RawClient.connect(t, port)
  const paths = Array.from({ length: 100 }, (_, number) => `/${number}`)
  client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`).join(''))
  for (const path of paths) {
    assert.equal((await client.answer())?.body.toString(), `GET ${path} HTTP/1.1`)
  }
  assert.equal(most, 1)
  assert.equal(endpoint.accepted, 1)
  await whenIdle(gateway)
})

describe('a client of HTTP/1.0', () => {
  test('gets its answer unchunked up to the end of the connection', async (t) => {
    const { endpoint, port } = await answering(t, chunked('2\r\nok\r\n0\r\n\r\n'))
    const client = await RawClient.connect(t, port)
    const answer = await client.send('GET / HTTP/1.0\r\n\r\n').answer()
    assert.equal(headerOf(answer, 'transfer-encoding'), undefined)
    assert.equal(answer?.body.toString(), 'ok')
    assert.equal(await client.rest(), '')
    assert.equal(endpoint.accepted, 1)
  })

  test('keeps its connection where it asks for that and the length is known', async (t) => {
    const { port } = await answering(t, answerText('ok'))
    const client = await RawClient.connect(t, port)
    for (let round = 0; round < 2; round++) {
      client.send('GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n')
      assert.equal((await client.answer())?.body.toString(), 'ok')
    }
  })

  test('is forwarded as HTTP/1.1 with one Host', async (t) => {
    const endpoint = await startEndpoint(t)
    const { port } = await startGatewayTo(t, [endpoint.url])
    await exchange(t, port, 'GET /x HTTP/1.0\r\n\r\n')
    const [request] = endpoint.requests
    assert.equal(request?.startLine, 'GET /x HTTP/1.1')
    assert.equal(request?.headers.filter(([name]) => name.toLowerCase() === 'host').length, 1)
  })
})

test('Connection: close of a client ends its connection behind the answer', async (t) => {
  const { port } = await answering(t, answerText('ok'))
  const client = await RawClient.connect(t, port)
  client.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')
  assert.equal(headerOf(await client.answer(), 'connection'), 'close')
  assert.equal(await client.rest(), '')
})

function chunked(body: string): string {
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body}`
}
