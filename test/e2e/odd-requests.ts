/** A request that looks odd and is legal, or harmless: one well-formed request reaches the endpoint. */
export interface OddRequest {
  readonly name: string
  readonly why: string
  /** latin1. */
  readonly bytes: string
  /** The first line that the endpoint gets. */
  readonly line: string
  /** Headers that it gets, by lower-case name; undefined for none. Several lines are joined by `, `. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** The body that it gets. Empty by default. */
  readonly body?: string
}

const LINE = 'GET /it HTTP/1.1'
const POST = 'POST /it HTTP/1.1'

function get(...lines: readonly string[]): string {
  return `${LINE}\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

function chunked(body: string): string {
  return `${POST}\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${body}`
}

export const ODD_REQUESTS: readonly OddRequest[] = [
  {
    name: 'Connection names X-Forwarded-For',
    why: 'What a client strikes out must not be what the gateway adds (CVE-2026-33805, CVE-2024-45410).',
    bytes: get('X-Forwarded-For: 9.9.9.9', 'Connection: X-Forwarded-For'),
    line: LINE,
    headers: { 'x-forwarded-for': '127.0.0.1' },
  },
  {
    name: 'Connection names Host and the length',
    why: 'A message without them is another one (Apache CVE-2022-31813).',
    bytes: `${POST}\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: host, content-length\r\n\r\nok`,
    line: POST,
    headers: { host: 'a.test', 'content-length': '2' },
    body: 'ok',
  },
  {
    name: 'Connection names an authorization',
    why: 'The client may strike out what is its own.',
    bytes: get('Authorization: Basic eA', 'Connection: authorization, close'),
    line: LINE,
    headers: { authorization: undefined },
  },
  {
    name: 'X-Forwarded-* of a peer that is not trusted',
    why: 'Trust comes from the socket alone (fastify CVE-2026-3635).',
    bytes: get('X-Forwarded-For: 9.9.9.9', 'X-Forwarded-Host: b.test', 'X-Forwarded-Proto: https'),
    line: LINE,
    headers: {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a.test',
      'x-forwarded-proto': 'http',
    },
  },
  {
    name: 'X_Forwarded_For',
    why: 'Many servers read an underscore as a dash (GHSA-5m6w-wvh7-57vm).',
    bytes: get('X_Forwarded_For: 9.9.9.9', 'X_Real_IP: 9.9.9.9', 'Forwarded_: 1'),
    line: LINE,
    headers: { x_forwarded_for: undefined, x_real_ip: undefined, forwarded_: '1' },
  },
  {
    name: 'Transfer_Encoding',
    why: 'An underscore read as a dash would be a second framing.',
    bytes: `${POST}\r\nHost: a.test\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nok`,
    line: POST,
    headers: { transfer_encoding: undefined, 'content-length': '2' },
    body: 'ok',
  },
  {
    name: 'Content_Length',
    why: 'An underscore read as a dash would be a second length.',
    bytes: `${POST}\r\nHost: a.test\r\nContent_Length: 9\r\nContent-Length: 2\r\n\r\nok`,
    line: POST,
    headers: { content_length: undefined, 'content-length': '2' },
    body: 'ok',
  },
  {
    name: 'h2c',
    why: 'An upgrade to clear HTTP/2 would tunnel past every rule of the gateway; it may be ignored.',
    bytes: get(
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQ',
    ),
    line: LINE,
    headers: { upgrade: undefined, 'http2-settings': undefined },
  },
  {
    name: 'h2c beside another protocol',
    why: 'The list must not hide h2c.',
    bytes: get('Connection: Upgrade', 'Upgrade: h2c, websocket'),
    line: LINE,
    headers: { upgrade: undefined },
  },
  {
    name: 'Upgrade without Connection',
    why: 'It is meant for one hop and nobody asked for it here (RFC 9110, 7.8).',
    bytes: get('Upgrade: websocket'),
    line: LINE,
    headers: { upgrade: undefined },
  },
  {
    name: 'Upgrade in HTTP/1.0',
    why: 'It knows none (RFC 9110, 7.8), and could not read the answer.',
    bytes: 'GET /it HTTP/1.0\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    line: LINE,
    headers: { upgrade: undefined },
  },
  {
    name: 'Upgrade with a body',
    why: 'The bytes behind the head are a body, not the other protocol.',
    bytes: `${POST}\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nok`,
    line: POST,
    headers: { upgrade: undefined },
    body: 'ok',
  },
  {
    name: 'a target in absolute form',
    why: 'Its authority counts and the Host beside it does not (RFC 9112, 3.2.2).',
    bytes: 'GET http://b.test/it HTTP/1.1\r\nHost: a.test\r\n\r\n',
    line: LINE,
    headers: { host: 'b.test', 'x-forwarded-host': 'b.test' },
  },
  {
    name: 'a target in absolute form without a path',
    why: 'An empty path is / (RFC 9112, 3.2.1).',
    bytes: 'GET http://b.test?x HTTP/1.1\r\nHost: a.test\r\n\r\n',
    line: 'GET /?x HTTP/1.1',
    headers: { host: 'b.test' },
  },
  {
    name: 'an empty Host',
    why: 'It is legal and names no host (RFC 9112, 3.2).',
    bytes: 'GET /it HTTP/1.1\r\nHost:\r\n\r\n',
    line: LINE,
    headers: { host: '' },
  },
  {
    name: 'Expect: 100-continue',
    why: 'The gateway answers it; forwarded blindly it becomes a 500 (measured).',
    bytes: `${POST}\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok`,
    line: POST,
    headers: { expect: undefined },
    body: 'ok',
  },
  {
    name: 'Expect in other letters, without a body',
    why: 'Expectations have no case; there is nothing to go on with.',
    bytes: get('eXpect: 100-Continue'),
    line: LINE,
    headers: { expect: undefined },
  },
  {
    name: '__proto__, constructor and toString as names',
    why: 'Names of Object.prototype broke header maps (node CVE-2026-21710).',
    bytes: get('__proto__: 1', 'constructor: 2', 'toString: 3', 'hasOwnProperty: 4'),
    line: LINE,
    headers: { __proto__: '1', constructor: '2', tostring: '3', hasownproperty: '4' },
  },
  {
    name: 'a name that is longer than 255 bytes',
    why: 'A length kept in 8 bits hid Content-Length in HAProxy (CVE-2021-40346).',
    bytes: `${POST}\r\nHost: a.test\r\nContent-Length0${'a'.repeat(255)}:\r\nContent-Length: 2\r\n\r\nok`,
    line: POST,
    headers: { 'content-length': '2', [`content-length0${'a'.repeat(255)}`]: '' },
    body: 'ok',
  },
  {
    name: 'a body behind GET',
    why: 'It is legal; a reader that skips it takes the body for the next request.',
    bytes: `${LINE}\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nGET /`,
    line: LINE,
    headers: { 'content-length': '5' },
    body: 'GET /',
  },
  {
    name: 'a whole request as a body',
    why: 'Bytes of a body are never a request.',
    bytes: `${POST}\r\nHost: a.test\r\nContent-Length: 33\r\n\r\nGET /x HTTP/1.1\r\nHost: a.test\r\n\r\n`,
    line: POST,
    body: 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n',
  },
  {
    name: 'a length with zeros before it',
    why: 'Digits are digits; it must be the same length on both sides.',
    bytes: `${POST}\r\nHost: a.test\r\nContent-Length: 0002\r\n\r\nok`,
    line: POST,
    body: 'ok',
  },
  {
    name: 'a length between tabs',
    why: 'White space around a value is none of it (RFC 9112, 5.1).',
    bytes: `${POST}\r\nHost: a.test\r\nContent-Length:\t2\t\r\n\r\nok`,
    line: POST,
    headers: { 'content-length': '2' },
    body: 'ok',
  },
  {
    name: 'CHUNKED',
    why: 'Codings have no case (RFC 9112, 7).',
    bytes: chunked('2\r\nok\r\n0\r\n\r\n').replace('chunked', 'CHUNKED'),
    line: POST,
    headers: { 'transfer-encoding': 'chunked' },
    body: 'ok',
  },
  {
    name: 'a chunk size with zeros before it',
    why: 'A reader that counts digits overflows, one that counts does not.',
    bytes: chunked('00000000000000000002\r\nok\r\n0000\r\n\r\n'),
    line: POST,
    body: 'ok',
  },
  {
    name: 'a chunk size in capitals',
    why: 'Hexadecimal digits have no case.',
    bytes: chunked('A\r\n0123456789\r\n0\r\n\r\n'),
    line: POST,
    body: '0123456789',
  },
  {
    name: 'short chunk extensions',
    why: 'They are legal and never go on: chunks are made anew (RFC 9112, 7.1.1).',
    bytes: chunked('2;a=b;c="d e"\r\nok\r\n0;f\r\n\r\n'),
    line: POST,
    body: 'ok',
  },
  {
    name: 'a chunk extension that looks like a size',
    why: 'Only what stands before the semicolon counts.',
    bytes: chunked('2;9\r\nok\r\n0\r\n\r\n'),
    line: POST,
    body: 'ok',
  },
  {
    name: 'a request in a chunk',
    why: 'Bytes of a body are never a request.',
    bytes: chunked('21\r\nGET /x HTTP/1.1\r\nHost: a.test\r\n\r\n\r\n0\r\n\r\n'),
    line: POST,
    body: 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n',
  },
  {
    name: 'trailers that name a host and a client',
    why: 'Trailers are not headers: they never go on (RFC 9110, 6.5.1).',
    bytes: chunked('2\r\nok\r\n0\r\nHost: b.test\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n'),
    line: POST,
    headers: { host: 'a.test', 'x-forwarded-for': '127.0.0.1' },
    body: 'ok',
  },
  {
    name: 'an empty line before the request',
    why: 'One is to be skipped (RFC 9112, 2.2).',
    bytes: `\r\n${get()}`,
    line: LINE,
  },
  {
    name: 'RTSP/1.0 as the version',
    why: 'Node reads it as HTTP/1.0 and does not tell; what goes on is plain HTTP/1.1.',
    bytes: 'GET /it RTSP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n',
    line: LINE,
  },
  {
    name: 'HTTP/1.0 that asks to stay',
    why: 'Its Connection is for one hop; the endpoint is spoken to in HTTP/1.1.',
    bytes: 'GET /it HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n',
    line: LINE,
  },
  {
    name: 'TE',
    why: 'It is for one hop: an endpoint that answers in trailers would be answering the gateway.',
    bytes: get('TE: trailers, deflate', 'Connection: te'),
    line: LINE,
    headers: { te: undefined },
  },
  {
    name: 'a path of escapes and slashes',
    why: 'Everything that is no dot segment goes on byte for byte (Envoy CVE-2021-29492).',
    bytes: 'GET /it//%2F%5c/%252e%252e/;x=%2e.a?b=/../%00 HTTP/1.1\r\nHost: a.test\r\n\r\n',
    line: 'GET /it//%2F%5c/%252e%252e/;x=%2e.a?b=/../%00 HTTP/1.1',
  },
  {
    name: 'x-middleware-subrequest',
    why: 'No header of a client skips a check: the gateway has none that it believes (CVE-2025-29927).',
    bytes: get('x-middleware-subrequest: middleware', 'x-sluice-route: b'),
    line: LINE,
    headers: { 'x-middleware-subrequest': 'middleware' },
  },
  {
    name: 'Proxy-Connection and Keep-Alive',
    why: 'They are for one hop, whoever named them so.',
    bytes: get('Proxy-Connection: close', 'Keep-Alive: timeout=1'),
    line: LINE,
    headers: { 'proxy-connection': undefined, 'keep-alive': undefined },
  },
]
