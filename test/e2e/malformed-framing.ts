import { EMPTY_CHUNKED, type Groups, withLines } from './malformed.ts'

/** Two readers find different ends of the body. */
export const FRAMING: Groups = [
  {
    what: 'framing',
    why: 'One reader ends the body by its length, the next by its chunks (RFC 9112, 6.3): request smuggling.',
    cases: [
      [
        'Content-Length and then Transfer-Encoding',
        withLines('Content-Length: 5', 'Transfer-Encoding: chunked') + EMPTY_CHUNKED,
      ],
      [
        'Transfer-Encoding and then Content-Length',
        withLines('Transfer-Encoding: chunked', 'Content-Length: 5') + EMPTY_CHUNKED,
      ],
    ],
  },
  {
    what: 'framing',
    why: 'Readers take the first, the last, a list or an error; undici CVE-2026-1525 counted two spellings as two names.',
    cases: [
      ['two equal Content-Length', `${withLines('Content-Length: 2', 'Content-Length: 2')}ok`],
      ['two different Content-Length', `${withLines('Content-Length: 2', 'Content-Length: 3')}ok!`],
      [
        'two Content-Length in two spellings',
        `${withLines('Content-Length: 2', 'content-length: 2')}ok`,
      ],
      ['a list of lengths', `${withLines('Content-Length: 2, 2')}ok`],
      [
        'three equal Content-Length',
        `${withLines('Content-Length: 2', 'Content-Length: 2', 'Content-Length: 2')}ok`,
      ],
    ],
  },
  {
    what: 'framing',
    why: 'A length is digits alone (RFC 9110, 8.6): what a lenient reader makes of the rest differs.',
    cases: [
      ['a negative length', withLines('Content-Length: -1')],
      ['a length with a plus', `${withLines('Content-Length: +2')}ok`],
      ['a hexadecimal length', `${withLines('Content-Length: 0x2')}ok`],
      ['a length with an exponent', `${withLines('Content-Length: 1e1')}0123456789`],
      ['a length with a fraction', `${withLines('Content-Length: 2.0')}ok`],
      ['a length with an underscore', `${withLines('Content-Length: 1_0')}0123456789`],
      ['a length with a space in it', `${withLines('Content-Length: 1 0')}0123456789`],
      ['a length in quotes', `${withLines('Content-Length: "2"')}ok`],
      ['a length with a semicolon', `${withLines('Content-Length: 2;a=b')}ok`],
      ['a length with a letter behind it', `${withLines('Content-Length: 2x')}ok`],
      ['a length behind a vertical tab', `${withLines('Content-Length: \x0b2')}ok`],
    ],
  },
  {
    what: 'framing',
    why: 'An empty length is 0 to one reader and nothing to another (HAProxy CVE-2023-40225).',
    cases: [
      ['an empty length', withLines('Content-Length:')],
      ['a length of spaces', withLines('Content-Length:   ')],
    ],
  },
  {
    what: 'framing',
    why: 'It overflows in one reader and not in another; beyond 2^53 it is no exact number here.',
    cases: [
      ['a length beyond 64 bits', withLines('Content-Length: 99999999999999999999999')],
      ['a length beyond 53 bits', withLines('Content-Length: 9007199254740993')],
      ['a length of 2^64', withLines('Content-Length: 18446744073709551616')],
    ],
  },
  {
    what: 'framing',
    why: 'Only chunked alone is understood here: a reader that skips an unknown coding sees another body (RFC 9112, 6.1).',
    cases: [
      ['a coding before chunked', withLines('Transfer-Encoding: x, chunked') + EMPTY_CHUNKED],
      ['gzip before chunked', withLines('Transfer-Encoding: gzip, chunked') + EMPTY_CHUNKED],
      ['a coding after chunked', withLines('Transfer-Encoding: chunked, identity') + EMPTY_CHUNKED],
      ['identity', withLines('Transfer-Encoding: identity') + EMPTY_CHUNKED],
      ['an unknown coding', withLines('Transfer-Encoding: x') + EMPTY_CHUNKED],
      ['a quoted coding', withLines('Transfer-Encoding: "chunked"') + EMPTY_CHUNKED],
      ['an obfuscated coding', withLines('Transfer-Encoding: xchunked') + EMPTY_CHUNKED],
      ['a coding with a parameter', withLines('Transfer-Encoding: chunked;a=b') + EMPTY_CHUNKED],
      ['an empty coding', withLines('Transfer-Encoding:') + EMPTY_CHUNKED],
      ['chunked behind a comma', withLines('Transfer-Encoding: ,chunked') + EMPTY_CHUNKED],
      ['chunked before a comma', withLines('Transfer-Encoding: chunked,') + EMPTY_CHUNKED],
    ],
  },
  {
    what: 'framing',
    why: 'Node reads `x` beside `chunked` as chunked, others as x: several lines or codings are never plain.',
    cases: [
      [
        'chunked twice',
        withLines('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + EMPTY_CHUNKED,
      ],
      [
        'chunked in one line twice',
        withLines('Transfer-Encoding: chunked, chunked') + EMPTY_CHUNKED,
      ],
      [
        'chunked and identity',
        withLines('Transfer-Encoding: chunked', 'Transfer-Encoding: x') + EMPTY_CHUNKED,
      ],
      [
        'an unknown coding and chunked',
        withLines('Transfer-Encoding: x', 'Transfer-Encoding: chunked') + EMPTY_CHUNKED,
      ],
    ],
  },
  {
    what: 'framing',
    why: 'White space that is neither space nor tab is part of the value to one reader and trimmed by another.',
    cases: [
      [
        'a vertical tab before chunked',
        withLines('Transfer-Encoding: \x0bchunked') + EMPTY_CHUNKED,
      ],
      ['a form feed behind chunked', withLines('Transfer-Encoding: chunked\x0c') + EMPTY_CHUNKED],
      ['a NUL behind chunked', withLines('Transfer-Encoding: chunked\0') + EMPTY_CHUNKED],
    ],
  },
  {
    what: 'framing',
    why: 'HTTP/1.0 has no chunks: who knows that takes the rest of the connection as the body (RFC 9112, 6.1).',
    cases: [
      [
        'Transfer-Encoding on HTTP/1.0',
        `POST /refused HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${EMPTY_CHUNKED}`,
      ],
    ],
  },
]
