import { BEYOND, FRAMING } from './answer-bodies.ts'
import { HEADS, STATUS_LINES } from './answer-heads.ts'
import { BAD, type Group, OK, type RawAnswer, WHOLE } from './raw-answer.ts'

const INTERIM: readonly Group[] = [
  {
    why: 'Interim answers come before the one that counts; undici took a 100 for an error.',
    expect: WHOLE,
    cases: [
      ['100 that nobody asked for', `HTTP/1.1 100 Continue\r\n\r\n${OK}`],
      ['102', `HTTP/1.1 102 Processing\r\n\r\n${OK}`],
      ['103 with links', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`],
      ['several of them', `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10)}${OK}`],
    ],
  },
  {
    why: 'Without a final answer there is none; an endpoint that says nothing but wait has failed.',
    expect: BAD,
    cases: [
      ['an end behind 103', 'HTTP/1.1 103 Early Hints\r\n\r\n', { ending: 'ends' }],
      ['a reset behind 100', 'HTTP/1.1 100 Continue\r\n\r\n', { ending: 'resets' }],
      ['interim answers without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000)],
    ],
  },
  {
    why: 'Nobody asked to switch: bytes behind it would be no HTTP any more.',
    expect: BAD,
    cases: [
      [
        '101 that nobody asked for',
        'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      ],
    ],
  },
]

const NOTHING: readonly Group[] = [
  {
    why: 'No answer came; the next request goes to a connection that lives.',
    expect: BAD,
    cases: [
      ['an end', '', { ending: 'ends' }],
      ['a reset', '', { ending: 'resets' }],
      ['an end within the head', 'HTTP/1.1 200 OK\r\nX-A: b', { ending: 'ends' }],
      ['a reset within the head', 'HTTP/1.1 200 OK\r\nX-A: b', { ending: 'resets' }],
    ],
  },
  {
    why: 'The endpoint was closing a connection that it had kept: a GET goes out again on a new one (RFC 9112, 9.3.1).',
    expect: WHOLE,
    cases: [
      ['an end on a connection that was kept', '', { ending: 'ends', isUsed: true }],
      ['a reset on a connection that was kept', '', { ending: 'resets', isUsed: true }],
    ],
  },
]

const EARLY: readonly Group[] = [
  {
    why: 'An answer that comes while the upload goes on is the answer; the connection is in the middle of a request.',
    expect: { status: 413, body: 'no', reused: false },
    cases: [
      [
        '413 and an open connection',
        'HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno',
        { isEarly: true },
      ],
      [
        '413 and an end',
        'HTTP/1.1 413 Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno',
        { isEarly: true, ending: 'ends' },
      ],
      [
        '413 in chunks',
        'HTTP/1.1 413 Large\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
        { isEarly: true },
      ],
    ],
  },
]

export const RAW_ANSWERS: readonly RawAnswer[] = Object.entries({
  'status line': STATUS_LINES,
  head: HEADS,
  framing: FRAMING,
  beyond: BEYOND,
  interim: INTERIM,
  nothing: NOTHING,
  early: EARLY,
}).flatMap(([what, groups]) =>
  groups.flatMap(({ why, expect, cases }) =>
    cases.map(([name, bytes, more = {}]) => ({
      name: `${what}: ${name}`,
      why,
      bytes,
      expect,
      method: 'GET',
      ending: 'stays' as const,
      isUsed: false,
      isEarly: false,
      ...more,
    })),
  ),
)
