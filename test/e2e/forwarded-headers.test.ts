import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, type Message, statusOf } from '../support/message-reader.ts'
import { exchange } from '../support/raw-client.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

/** Tells the endpoint who the gateway takes the client for. */
const tellClient = definePlugin({
  name: 'tell-client',
  options: Type.Object({}),
  create: () => ({
    request(seen) {
      seen.setHeader('x-seen', `${seen.client.address} ${seen.client.secure}`)
    },
  }),
})

const file = { after }
const endpoint = await startEndpoint(file)
const route = { plugins: [tellClient()] }
const { port } = await startGatewayTo(file, [endpoint.url], { route })
const trusting = await startGatewayTo(file, [endpoint.url], {
  route,
  listener: { trust: ['127.0.0.0/8', '10.0.0.0/8'] },
})

beforeEach(() => {
  endpoint.requests.length = 0
})

test('a plain request arrives with its headers in order, ours behind them', async (t) => {
  const { port } = await startGatewayTo(t, [endpoint.url])
  await send(port, ['X-B: 1', 'x-a: 2', 'X-b: 3', 'Cookie: a=b', 'Cookie: c=d', 'X-Empty:'])
  assert.deepEqual(forwarded().headers, [
    ['host', 'a.test'],
    ['X-B', '1'],
    ['x-a', '2'],
    ['X-b', '3'],
    ['Cookie', 'a=b'],
    ['Cookie', 'c=d'],
    ['X-Empty', ''],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-host', 'a.test'],
    ['x-forwarded-proto', 'http'],
    ['x-forwarded-port', String(port)],
    ['via', '1.1 sluice'],
    ['connection', 'keep-alive'],
  ])
})

/** Lines of a client's head, a header's name, and its value at the endpoint. */
type Case = readonly [
  name: string,
  lines: readonly string[],
  header: string,
  value: string | undefined,
]

const HOP_BY_HOP: readonly Case[] = [
  ['Keep-Alive', ['Keep-Alive: timeout=5'], 'keep-alive', undefined],
  ['TE', ['TE: trailers'], 'te', undefined],
  ['Trailer', ['Trailer: x-a'], 'trailer', undefined],
  ['Upgrade', ['Upgrade: h2c'], 'upgrade', undefined],
  ['HTTP2-Settings', ['HTTP2-Settings: AAMAAABkAAQ'], 'http2-settings', undefined],
  ['Proxy-Connection', ['Proxy-Connection: keep-alive'], 'proxy-connection', undefined],
  ['Proxy-Authorization', ['Proxy-Authorization: Basic eA'], 'proxy-authorization', undefined],
  ['Connection: close', ['Connection: close'], 'connection', 'keep-alive'],
  ['a named header', ['Connection: x-foo', 'X-Foo: 1'], 'x-foo', undefined],
  ['one of several', ['Connection: close , X-Foo,,', 'x-foo: 1'], 'x-foo', undefined],
  ['one by a second line', ['Connection: a', 'Connection: x-foo', 'x-foo: 1'], 'x-foo', undefined],
  ['one that comes first', ['x-foo: 1', 'Connection: x-foo'], 'x-foo', undefined],
  ['not what only looks named', ['Connection: x-foo', 'X-Foo-Bar: 1'], 'x-foo-bar', '1'],
]

describe('what is meant for one hop is not forwarded', () => {
  table(port, HOP_BY_HOP)
})

const NOT_STRUCK_OUT: readonly Case[] = [
  ['X-Forwarded-For', ['Connection: X-Forwarded-For'], 'x-forwarded-for', '127.0.0.1'],
  ['X-Forwarded-Host', ['Connection: X-Forwarded-Host'], 'x-forwarded-host', 'a.test'],
  ['X-Forwarded-Proto', ['Connection: X-Forwarded-Proto'], 'x-forwarded-proto', 'http'],
  ['Via', ['Connection: via'], 'via', '1.1 sluice'],
  ['Host', ['Connection: host'], 'host', 'a.test'],
  ['what a plugin set', ['Connection: x-seen'], 'x-seen', '127.0.0.1 false'],
]

describe('a client’s Connection cannot strike out what the gateway adds', () => {
  table(port, NOT_STRUCK_OUT)

  test('nor the length of a body', async (t) => {
    const lines = 'Connection: content-length\r\nContent-Length: 2\r\n'
    await exchange(t, port, `POST / HTTP/1.1\r\nHost: a.test\r\n${lines}\r\nok`)
    assert.equal(forwarded().body.toString(), 'ok')
  })
})

const SPOOFED: readonly Case[] = [
  ['X-Forwarded-For', ['X-Forwarded-For: 9.9.9.9'], 'x-forwarded-for', '127.0.0.1'],
  [
    'two of them',
    ['X-Forwarded-For: 9.9.9.9', 'x-forwarded-for: 8.8.8.8'],
    'x-forwarded-for',
    '127.0.0.1',
  ],
  ['X-Forwarded-Host', ['X-Forwarded-Host: b.test'], 'x-forwarded-host', 'a.test'],
  ['X-Forwarded-Proto', ['X-Forwarded-Proto: https'], 'x-forwarded-proto', 'http'],
  ['X-Forwarded-Port', ['X-Forwarded-Port: 443'], 'x-forwarded-port', String(port)],
  ['X-Forwarded-Server', ['X-Forwarded-Server: b.test'], 'x-forwarded-server', undefined],
  ['X-Forwarded-Prefix', ['X-Forwarded-Prefix: /b'], 'x-forwarded-prefix', undefined],
  ['X_Forwarded_Proto', ['X_Forwarded_Proto: https'], 'x_forwarded_proto', undefined],
  ['X-Forwarded_For', ['X-Forwarded_For: 9.9.9.9'], 'x-forwarded_for', undefined],
  ['X_Real_IP', ['X_Real_IP: 9.9.9.9'], 'x_real_ip', undefined],
  ['Forwarded', ['Forwarded: for=9.9.9.9'], 'forwarded', undefined],
  ['X-Real-IP', ['X-Real-IP: 9.9.9.9'], 'x-real-ip', undefined],
  ['the address', ['X-Forwarded-For: 9.9.9.9', 'X-Real-IP: 9.9.9.9'], 'x-seen', '127.0.0.1 false'],
  ['the scheme', ['X-Forwarded-Proto: https'], 'x-seen', '127.0.0.1 false'],
]

describe('what an untrusted client says about itself is replaced or dropped', () => {
  table(port, SPOOFED)
})

const TRUSTED: readonly Case[] = [
  ['X-Forwarded-For', ['X-Forwarded-For: 9.9.9.9'], 'x-forwarded-for', '9.9.9.9, 127.0.0.1'],
  [
    'several hops in several lines',
    ['X-Forwarded-For: 1.1.1.1, 2.2.2.2', 'X-Forwarded-For: 3.3.3.3'],
    'x-forwarded-for',
    '1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1',
  ],
  ['X-Forwarded-Host', ['X-Forwarded-Host: b.test'], 'x-forwarded-host', 'b.test'],
  ['X-Forwarded-Proto', ['X-Forwarded-Proto: https'], 'x-forwarded-proto', 'https'],
  ['X-Forwarded-Port', ['X-Forwarded-Port: 443'], 'x-forwarded-port', '443'],
  ['X-Forwarded-Prefix', ['X-Forwarded-Prefix: /b'], 'x-forwarded-prefix', '/b'],
  ['X_Forwarded_Proto', ['X_Forwarded_Proto: https'], 'x_forwarded_proto', undefined],
  ['Forwarded', ['Forwarded: for=9.9.9.9'], 'forwarded', 'for=9.9.9.9'],
  ['X-Real-IP', ['X-Real-IP: 9.9.9.9'], 'x-real-ip', '9.9.9.9'],
  ['what it leaves out', [], 'x-forwarded-proto', 'http'],
  ['the address', ['X-Forwarded-For: 9.9.9.9'], 'x-seen', '9.9.9.9 false'],
  ['the scheme', ['X-Forwarded-Proto: https'], 'x-seen', '127.0.0.1 true'],
  [
    'the last hop that is no proxy',
    ['X-Forwarded-For: 1.1.1.1, 9.9.9.9, 10.0.0.1'],
    'x-seen',
    '9.9.9.9 false',
  ],
  [
    'the last hop where a proxy added a line of its own',
    ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 9.9.9.9'],
    'x-seen',
    '9.9.9.9 false',
  ],
]

describe('what a trusted proxy says about its client is kept and added to', () => {
  table(trusting.port, TRUSTED)
})

const KEPT: readonly Case[] = [
  ['a name of Object’s', ['__proto__: 1'], '__proto__', '1'],
  ['another', ['constructor: 1'], 'constructor', '1'],
  ['a method’s', ['toString: 1', 'hasOwnProperty: 2'], 'tostring', '1'],
  ['bytes beyond ASCII', ['X-A: \xe4\xf6\xff\x80'], 'x-a', '\xe4\xf6\xff\x80'],
  ['a tab inside', ['X-A: b\tc'], 'x-a', 'b\tc'],
  ['spaces around, trimmed', ['X-A:  \t b  '], 'x-a', 'b'],
  ['every legal symbol in a name', ["X!#$%&'*+.^_`|~: 1"], "x!#$%&'*+.^_`|~", '1'],
  ['a long value', [`X-A: ${'a'.repeat(8_000)}`], 'x-a', 'a'.repeat(8_000)],
  ['Authorization', ['Authorization: Bearer x'], 'authorization', 'Bearer x'],
  ['Accept-Encoding', ['Accept-Encoding: gzip, br'], 'accept-encoding', 'gzip, br'],
  ['Range', ['Range: bytes=0-1'], 'range', 'bytes=0-1'],
  ['If-None-Match', ['If-None-Match: "a", W/"b"'], 'if-none-match', '"a", W/"b"'],
  ['underscores that collide with nothing', ['X_A: 1'], 'x_a', '1'],
  ['Via, with ours behind it', ['Via: 1.0 b'], 'via', '1.0 b, 1.1 sluice'],
  ['several Via', ['Via: 1.0 b', 'Via: 1.1 c'], 'via', '1.0 b, 1.1 c, 1.1 sluice'],
]

describe('everything else is kept', () => {
  table(port, KEPT)
})

/** The upstream's `host`, the client's, and what the endpoint gets. */
const HOSTS: readonly (readonly [string, string, string])[] = [
  ['preserve', 'A.Test:8080', 'A.Test:8080'],
  ['preserve', '[::1]:80', '[::1]:80'],
  ['upstream', 'a.test', `127.0.0.1:${endpoint.port}`],
  ['b.test:81', 'a.test', 'b.test:81'],
]

describe('the Host is what the upstream asks for', () => {
  for (const [host, sent, expected] of HOSTS) {
    test(`${host}: ${sent} becomes ${expected}`, async (t) => {
      const { port } = await startGatewayTo(t, [endpoint.url], { upstream: { host } })
      await exchange(t, port, `GET / HTTP/1.1\r\nHost: ${sent}\r\n\r\n`)
      assert.equal(headerOf(forwarded(), 'host'), expected)
      assert.equal(headerOf(forwarded(), 'x-forwarded-host'), sent)
    })
  }
})

function table(port: number, cases: readonly Case[]): void {
  for (const [name, lines, header, value] of cases) {
    test(name, async () => {
      await send(port, lines)
      assert.equal(headerOf(forwarded(), header), value)
    })
  }
}

async function send(port: number, lines: readonly string[]): Promise<void> {
  const head = lines.map((line) => `${line}\r\n`).join('')
  const answer = await exchange(file, port, `GET / HTTP/1.1\r\nHost: a.test\r\n${head}\r\n`)
  assert.equal(statusOf(answer), 200)
}

function forwarded(): Message {
  assert.equal(endpoint.requests.length, 1)
  return endpoint.requests[0]!
}
