import {
  BAD,
  CHUNKED,
  CUT,
  type Group,
  HEAD,
  OK,
  STOLEN,
  WHOLE,
  WHOLE_AND_OVER,
} from './raw-answer.ts'

export const FRAMING: readonly Group[] = [
  {
    why: 'Two readers find two ends, and the rest passes for another client’s answer.',
    expect: BAD,
    cases: [
      ['two lengths', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!`],
      ['a list of lengths', `${HEAD}Content-Length: 2, 3\r\n\r\nok!`],
      ['a negative length', `${HEAD}Content-Length: -1\r\n\r\nok`],
      ['a length with a plus', `${HEAD}Content-Length: +2\r\n\r\nok`],
      ['a hexadecimal length', `${HEAD}Content-Length: 0x2\r\n\r\nok`],
      ['an empty length', `${HEAD}Content-Length:\r\n\r\nok`],
      ['a length beyond 64 bits', `${HEAD}Content-Length: 18446744073709551618\r\n\r\nok`],
      [
        'a length beside chunks',
        `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      [
        'chunks beside a length',
        `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
      ],
      ['gzip as a coding', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
      ['an unknown coding', `${HEAD}Transfer-Encoding: x\r\n\r\nok`, { ending: 'ends' }],
      ['chunked twice', `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
      [
        'chunks of HTTP/1.0',
        'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ],
    ],
  },
  {
    why: 'One length said twice is one length (RFC 9112, 6.3); it goes on once.',
    expect: { ...WHOLE, headers: { 'content-length': '2' } },
    cases: [['one length twice', `${HEAD}Content-Length: 2\r\ncontent-length: 2\r\n\r\nok`]],
  },
  {
    why: 'These are legal ways to say it.',
    expect: WHOLE,
    cases: [
      ['chunks', `${CHUNKED}1\r\no\r\n1\r\nk\r\n0\r\n\r\n`],
      ['chunks with extensions', `${CHUNKED}2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n`],
      ['chunks with trailers', `${CHUNKED}2\r\nok\r\n0\r\nX-A: b\r\n\r\n`],
      ['a chunk size with zeros', `${CHUNKED}000000002\r\nok\r\n000\r\n\r\n`],
      ['CHUNKED', `${HEAD}Transfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ],
  },
  {
    why: 'Without a length the end of the connection is the end of the body (RFC 9112, 6.3).',
    expect: WHOLE_AND_OVER,
    cases: [['a body up to the end', `${HEAD}\r\nok`, { ending: 'ends' }]],
  },
  {
    why: 'The endpoint says that the connection ends: nothing else may be sent on it.',
    expect: WHOLE_AND_OVER,
    cases: [
      [
        'Connection: close that stays open',
        `${HEAD}Connection: close\r\nContent-Length: 2\r\n\r\nok`,
      ],
      ['an answer and an end', OK, { ending: 'ends' }],
      ['an answer and a reset', OK, { ending: 'resets' }],
    ],
  },
  {
    why: 'Half a body must never pass for a whole one: the client’s connection is cut (Caddy 2.6 did not).',
    expect: CUT,
    cases: [
      ['a reset of a body up to the end', `${HEAD}\r\nhalf`, { ending: 'resets' }],
      ['an end within a length', `${HEAD}Content-Length: 9\r\n\r\nhalf`, { ending: 'ends' }],
      ['a reset within a length', `${HEAD}Content-Length: 9\r\n\r\nhalf`, { ending: 'resets' }],
      ['an end between chunks', `${CHUNKED}4\r\nhalf\r\n`, { ending: 'ends' }],
      ['an end within a chunk', `${CHUNKED}9\r\nhalf`, { ending: 'ends' }],
      ['an end within a chunk size', `${CHUNKED}4\r\nhalf\r\n1`, { ending: 'ends' }],
      ['an end before the last line', `${CHUNKED}4\r\nhalf\r\n0\r\n`, { ending: 'ends' }],
      ['an end within trailers', `${CHUNKED}4\r\nhalf\r\n0\r\nX-A: b\r\n`, { ending: 'ends' }],
      ['a chunk size that is none', `${CHUNKED}4\r\nhalf\r\nxyz\r\n`],
      ['a chunk size with 0x', `${CHUNKED}4\r\nhalf\r\n0x2\r\nok\r\n`],
      ['a chunk size that is negative', `${CHUNKED}4\r\nhalf\r\n-2\r\nok\r\n`],
      ['a chunk size that overflows', `${CHUNKED}4\r\nhalf\r\n10000000000000002\r\nok\r\n`],
      ['a chunk without its end', `${CHUNKED}4\r\nhalfx0\r\n\r\n`],
      ['a chunk line in bare LF', `${CHUNKED}4\r\nhalf\r\n2\nok\r\n0\r\n\r\n`],
      [
        'a chunk extension without bound',
        `${CHUNKED}4\r\nhalf\r\n2;${'a'.repeat(100_000)}\r\nok\r\n`,
      ],
      ['trailers without bound', `${CHUNKED}4\r\nhalf\r\n0\r\n${'X-A: b\r\n'.repeat(20_000)}`],
      ['a trailer that is none', `${CHUNKED}4\r\nhalf\r\n0\r\nX A\r\n\r\n`],
    ],
  },
]

export const BEYOND: readonly Group[] = [
  {
    why: 'What comes behind an answer would be read as the next client’s: the connection is not used again.',
    expect: WHOLE_AND_OVER,
    cases: [
      ['a body longer than its length', `${OK}ay`],
      ['a second answer', OK + STOLEN],
      ['an empty line behind the answer', `${OK}\r\n`],
      ['a second answer behind chunks', `${CHUNKED}2\r\nok\r\n0\r\n\r\n${STOLEN}`],
    ],
  },
  {
    why: 'These have no body, whatever they say (RFC 9112, 6.3): its bytes are nobody’s.',
    expect: { status: 204, body: '', reused: false },
    cases: [
      ['a body behind 204', 'HTTP/1.1 204 No Content\r\n\r\nok'],
      ['an answer behind 204', `HTTP/1.1 204 No Content\r\n\r\n${STOLEN}`],
      ['a length and a body behind 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok'],
    ],
  },
  {
    why: 'A 304 tells the length of what it did not send; undici took that for an error.',
    expect: { status: 304, body: '', reused: true },
    cases: [
      ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
      ['304 in chunks', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ],
  },
  {
    why: 'A 304 has no body: its bytes are nobody’s.',
    expect: { status: 304, body: '', reused: false },
    cases: [['304 with a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok']],
  },
  {
    why: 'The answer to HEAD has a length and no body.',
    expect: { status: 200, body: '', reused: true, headers: { 'content-length': '9' } },
    cases: [['HEAD', `${HEAD}Content-Length: 9\r\n\r\n`, { method: 'HEAD' }]],
  },
  {
    why: 'A body behind the answer to HEAD would be read as the next answer.',
    expect: { status: 200, body: '', reused: false },
    cases: [
      ['HEAD with a body', `${HEAD}Content-Length: 6\r\n\r\nstolen`, { method: 'HEAD' }],
      [
        'HEAD with an answer as its body',
        `${HEAD}Content-Length: 43\r\n\r\n${STOLEN}`,
        { method: 'HEAD' },
      ],
    ],
  },
]
