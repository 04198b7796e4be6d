import { BAD, type Group, HEAD, WHOLE, WHOLE_AND_OVER } from './raw-answer.ts'

export const STATUS_LINES: readonly Group[] = [
  {
    why: 'It is no answer of HTTP/1: whatever it is, no client must read it as one.',
    expect: BAD,
    cases: [
      ['nonsense', 'nonsense\r\n\r\n'],
      ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
      ['a request', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
      ['a body without a head', '<html></html>', { ending: 'ends' }],
      ['HTTP/2.0 on a connection of HTTP/1', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['HTTP/0.9', 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['HTTP/1.2', 'HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['a version in lower case', 'http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['ICY', 'ICY 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['no status', 'HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['two digits of status', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['four digits of status', 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['a negative status', 'HTTP/1.1 -200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['a status of 0', 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['two spaces before the status', 'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['a tab before the status', 'HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['a NUL in the reason', 'HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok'],
    ],
  },
  {
    why: 'It is legal, or old and clear: nginx serves it, and so do we.',
    expect: WHOLE,
    cases: [
      ['no reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'],
      ['an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok'],
      ['a reason beyond ASCII', 'HTTP/1.1 200 \xfcber\r\nContent-Length: 2\r\n\r\nok'],
      [
        'HTTP/1.0 that stays',
        'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
      ],
    ],
  },
  {
    why: 'HTTP/1.0 ends its connection where it does not say otherwise.',
    expect: WHOLE_AND_OVER,
    cases: [
      ['HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      ['HTTP/1.0 without a length', 'HTTP/1.0 200 OK\r\n\r\nok', { ending: 'ends' }],
    ],
  },
  {
    why: 'Codes beyond 599 are in use and nginx passes them on; only their first digit is strange.',
    expect: { status: 999, body: 'ok', reused: true },
    cases: [['a status of 999', 'HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nok']],
  },
]

export const HEADS: readonly Group[] = [
  {
    why: 'Two readers find two heads in it: response splitting. Refused as in a request.',
    expect: BAD,
    cases: [
      ['a header without a colon', `${HEAD}X-A\r\nContent-Length: 2\r\n\r\nok`],
      ['a header without a name', `${HEAD}: b\r\nContent-Length: 2\r\n\r\nok`],
      ['a space before the colon', `${HEAD}Content-Length : 2\r\n\r\nok`],
      ['a space in a name', `${HEAD}X A: b\r\nContent-Length: 2\r\n\r\nok`],
      ['a folded header', `${HEAD}X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok`],
      ['a NUL in a value', `${HEAD}X-A: b\0c\r\nContent-Length: 2\r\n\r\nok`],
      ['a lone CR in a value', `${HEAD}X-A: b\rX-B: c\r\nContent-Length: 2\r\n\r\nok`],
      ['bare LF as line ends', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
      ['one bare LF', `${HEAD}X-A: b\nContent-Length: 2\r\n\r\nok`],
      ['a byte beyond ASCII in a name', `${HEAD}X\xe4: b\r\nContent-Length: 2\r\n\r\nok`],
    ],
  },
  {
    why: 'Memory for a head is bounded; an endpoint that never ends one has failed.',
    expect: BAD,
    cases: [
      ['a header without end', `${HEAD}X-A: ${'a'.repeat(100_000)}`],
      ['headers without end', HEAD + 'X-A: b\r\n'.repeat(20_000)],
      ['a status line without end', `HTTP/1.1 200 ${'a'.repeat(100_000)}`],
    ],
  },
  {
    why: 'Frameworks send heads of 8 KiB and more, a hundred cookies among them.',
    expect: WHOLE,
    cases: [
      ['a header of 20 KB', `${HEAD}X-A: ${'a'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\nok`],
      ['300 headers', `${HEAD}${'X-A: b\r\n'.repeat(300)}Content-Length: 2\r\n\r\nok`],
    ],
  },
  {
    why: 'Each line of Set-Cookie is its own: joined by a comma they are one broken cookie.',
    expect: { ...WHOLE, headers: { 'set-cookie': 'a=b, c=d; Path=/, e=f' } },
    cases: [
      [
        'several cookies',
        `${HEAD}Set-Cookie: a=b\r\nset-cookie: c=d; Path=/\r\nSET-COOKIE: e=f\r\nContent-Length: 2\r\n\r\nok`,
      ],
    ],
  },
  {
    why: 'Values are bytes: latin1 goes on as it came.',
    expect: { ...WHOLE, headers: { 'x-a': '\xe4\xff\x80' } },
    cases: [['bytes beyond ASCII', `${HEAD}X-A: \xe4\xff\x80\r\nContent-Length: 2\r\n\r\nok`]],
  },
  {
    why: 'What is meant for one hop, and what Connection names, ends here (RFC 9110, 7.6.1).',
    expect: {
      ...WHOLE,
      headers: {
        'x-a': undefined,
        'proxy-authenticate': undefined,
        upgrade: undefined,
        'x-b': '1',
      },
    },
    cases: [
      [
        'headers of one hop',
        `${HEAD}Connection: x-a\r\nX-A: 1\r\nX-B: 1\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok`,
      ],
    ],
  },
  {
    why: 'Names of Object.prototype are names (node CVE-2026-21710).',
    expect: { ...WHOLE, headers: { constructor: '1', tostring: '2' } },
    cases: [
      [
        'names of Object’s',
        `${HEAD}constructor: 1\r\ntoString: 2\r\n__proto__: 3\r\nContent-Length: 2\r\n\r\nok`,
      ],
    ],
  },
]
