/** A request whose head must be refused before anything else reads it. */
export interface MalformedHead {
  readonly name: string
  /** latin1. */
  readonly bytes: string
  /** 400 unless another status says more. */
  readonly status?: number
}

const BODY = '0\r\n\r\n'

/** A GET with further lines in its head. */
function withLines(...lines: readonly string[]): string {
  return `GET /refused HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

function withTarget(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`
}

function withHost(host: string): string {
  return `GET /refused HTTP/1.1\r\nHost: ${host}\r\n\r\n`
}

function firstLine(line: string): string {
  return `${line}\r\nHost: a.test\r\n\r\n`
}

/** Two readers may find different ends of the body: request smuggling. */
const FRAMING: readonly (readonly [string, string, number?])[] = [
  [
    'Content-Length and then Transfer-Encoding',
    withLines('Content-Length: 5', 'Transfer-Encoding: chunked') + BODY,
  ],
  [
    'Transfer-Encoding and then Content-Length',
    withLines('Transfer-Encoding: chunked', 'Content-Length: 5') + BODY,
  ],
  ['two equal Content-Length', `${withLines('Content-Length: 2', 'Content-Length: 2')}ok`],
  ['two different Content-Length', `${withLines('Content-Length: 2', 'Content-Length: 3')}ok!`],
  [
    'two Content-Length in two spellings',
    `${withLines('Content-Length: 2', 'content-length: 2')}ok`,
  ],
  ['a list of lengths', `${withLines('Content-Length: 2, 2')}ok`],
  ['a negative length', withLines('Content-Length: -1')],
  ['a length with a plus', `${withLines('Content-Length: +2')}ok`],
  ['a hexadecimal length', `${withLines('Content-Length: 0x2')}ok`],
  ['a length with an exponent', `${withLines('Content-Length: 1e1')}0123456789`],
  ['a length with a fraction', `${withLines('Content-Length: 2.0')}ok`],
  ['a length with an underscore', `${withLines('Content-Length: 1_0')}0123456789`],
  ['a length with a space in it', `${withLines('Content-Length: 1 0')}0123456789`],
  ['an empty length', withLines('Content-Length:')],
  ['a length beyond 64 bits', withLines('Content-Length: 99999999999999999999999')],
  ['a length beyond 53 bits', withLines('Content-Length: 9007199254740993')],
  ['a coding before chunked', withLines('Transfer-Encoding: x, chunked') + BODY],
  ['gzip before chunked', withLines('Transfer-Encoding: gzip, chunked') + BODY],
  ['a coding after chunked', withLines('Transfer-Encoding: chunked, identity') + BODY],
  ['identity', withLines('Transfer-Encoding: identity') + BODY],
  ['an unknown coding', withLines('Transfer-Encoding: x') + BODY],
  ['a quoted coding', withLines('Transfer-Encoding: "chunked"') + BODY],
  ['an obfuscated coding', withLines('Transfer-Encoding: xchunked') + BODY],
  ['a coding with a parameter', withLines('Transfer-Encoding: chunked;a=b') + BODY],
  ['an empty coding', withLines('Transfer-Encoding:') + BODY],
  ['chunked twice', withLines('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + BODY],
  ['chunked in one line twice', withLines('Transfer-Encoding: chunked, chunked') + BODY],
  ['chunked and identity', withLines('Transfer-Encoding: chunked', 'Transfer-Encoding: x') + BODY],
  ['a vertical tab before chunked', withLines('Transfer-Encoding: \x0bchunked') + BODY],
  [
    'Transfer-Encoding on HTTP/1.0',
    `POST /refused HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${BODY}`,
  ],
]

const HOSTS: readonly (readonly [string, string, number?])[] = [
  ['no Host on HTTP/1.1', 'GET /refused HTTP/1.1\r\n\r\n'],
  ['two Hosts', withLines('Host: b.test')],
  ['two equal Hosts', withLines('Host: a.test')],
  ['a Host with a path', withHost('a.test/x')],
  ['a Host with a user', withHost('user@a.test')],
  ['a Host with a space', withHost('a.test b.test')],
  ['a Host with a comma and a space', withHost('a.test, b.test')],
  ['a Host with a fragment', withHost('a.test#b')],
  ['a Host with a query', withHost('a.test?b')],
  ['a Host with a backslash', withHost('a.test\\b')],
  ['a Host with a percent', withHost('a%2etest')],
  ['a Host with a port that is no number', withHost('a.test:http')],
  ['a Host with two ports', withHost('a.test:80:80')],
  ['a Host with a port alone', withHost(':80')],
  ['a Host with an open bracket', withHost('[::1')],
  ['a Host with bytes beyond ASCII', withHost('\xe4.test')],
  ['a Host with a tab in it', withHost('a\t.test')],
]

const SYNTAX: readonly (readonly [string, string, number?])[] = [
  ['a folded header', withLines('X-A: b', ' c')],
  ['a folded header by tab', withLines('X-A: b', '\tc')],
  ['a header folded before the first one', 'GET /refused HTTP/1.1\r\n Host: a.test\r\n\r\n'],
  ['line ends that are bare LF', 'GET /refused HTTP/1.1\nHost: a.test\n\n'],
  ['one header that ends in bare LF', 'GET /refused HTTP/1.1\r\nHost: a.test\nX: y\r\n\r\n'],
  ['a head that ends in bare LF', 'GET /refused HTTP/1.1\r\nHost: a.test\r\n\n'],
  ['a head that ends in a lone CR', 'GET /refused HTTP/1.1\r\nHost: a.test\r\n\rX: y\r\n\r\n'],
  ['a lone CR in a value', withLines('X-A: b\rX-B: c')],
  ['a lone CR as line end', 'GET /refused HTTP/1.1\rHost: a.test\r\r'],
  ['a space before the colon', withLines('X-A : b')],
  ['a space before the colon of Content-Length', `${withLines('Content-Length : 2')}ok`],
  ['a tab before the colon', withLines('X-A\t: b')],
  ['a header without a colon', withLines('X-A')],
  ['a header without a name', withLines(': b')],
  ['a space in a name', withLines('X A: b')],
  ['a NUL in a name', withLines('X\0A: b')],
  ['a NUL in a value', withLines('X-A: b\0c')],
  ['a control character in a name', withLines('X\x01A: b')],
  ['a control character in a value', withLines('X-A: b\x01c')],
  ['a DEL in a value', withLines('X-A: b\x7fc')],
  ['a quote in a name', withLines('X"A: b')],
  ['a bracket in a name', withLines('X[A]: b')],
  ['a byte beyond ASCII in a name', withLines('X\xe4: b')],
  ['a head beyond the limit', withLines(`X-A: ${'a'.repeat(20_000)}`), 431],
  ['many headers beyond the limit', withLines(...new Array(2_000).fill('X-A: bcdef')), 431],
  ['an expectation that cannot be met', withLines('Expect: 200-ok'), 417],
  ['an obfuscated expectation', withLines('Expect: y 100-continue'), 417],
]

const LINES: readonly (readonly [string, string, number?])[] = [
  ['HTTP/0.9', 'GET /refused\r\n\r\n', 505],
  ['HTTP/0.9 by its number', firstLine('GET /refused HTTP/0.9'), 505],
  ['HTTP/1.2', firstLine('GET /refused HTTP/1.2')],
  ['HTTP/2.0', firstLine('GET /refused HTTP/2.0'), 505],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a version with two digits', firstLine('GET /refused HTTP/1.10')],
  ['a version in lower case', firstLine('GET /refused http/1.1')],
  ['no target', firstLine('GET HTTP/1.1')],
  ['a method in lower case', firstLine('get /refused HTTP/1.1')],
  ['an unknown method', firstLine('FROBNICATE /refused HTTP/1.1')],
  ['a method of symbols', firstLine('<> /refused HTTP/1.1')],
  ['a space before the method', firstLine(' GET /refused HTTP/1.1')],
  ['a tab behind the method', firstLine('GET\t/refused HTTP/1.1')],
  ['a space in the target', firstLine('GET /refused b HTTP/1.1')],
  ['something behind the version', firstLine('GET /refused HTTP/1.1 b')],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['CONNECT', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 501],
]

const TARGETS = [
  '/../refused',
  '/./refused',
  '/a/..',
  '/a/.',
  '/a/../../refused',
  '/%2e%2e/refused',
  '/%2E%2E/refused',
  '/.%2e/refused',
  '/%2e./refused',
  '/%2e/refused',
  '/a/..%2fb',
  '/a%2f..%2fb',
  '/a/..%5cb',
  '/a\\..\\b',
  '/..\\refused',
  '/a/..?b',
  '/%00',
  '/a%00b',
  '/%zz',
  '/%',
  '/a%2',
  '/a%2gb',
  '/a#b',
  '/#',
  '/a?b#c',
  'refused',
  '*refused',
  'a.test:80',
  '//../refused',
  'http://',
  'http:///refused',
  'http://user@a.test/refused',
  'http://a.test/../refused',
  'http://a.test#b',
  'http:a.test',
  'ftp://a.test/refused',
  'unix:/var/run/it.sock|http://a.test/',
  '/a\0b',
  '/a\x01b',
  '/a\x7fb',
  '/\xe4',
  '/a?\xe4',
]

const TABLES = { framing: FRAMING, host: HOSTS, syntax: SYNTAX, 'request line': LINES }

export const MALFORMED_HEADS: readonly MalformedHead[] = [
  ...Object.entries(TABLES).flatMap(([what, cases]) =>
    cases.map(([name, bytes, status = 400]) => ({ name: `${what}: ${name}`, bytes, status })),
  ),
  ...TARGETS.map((target) => ({
    name: `target: ${JSON.stringify(target)}`,
    bytes: withTarget(target),
  })),
]
