import { EMPTY_CHUNKED, type Groups, withLines, withTarget } from './malformed.ts'

/** Two readers find different headers. */
export const SYNTAX: Groups = [
  {
    what: 'syntax',
    why: 'A folded line is part of the value above to one reader and a line of its own to another (RFC 9112, 5.2).',
    cases: [
      ['a folded header', withLines('X-A: b', ' c')],
      ['a folded header by tab', withLines('X-A: b', '\tc')],
      ['a header folded before the first one', 'GET /refused HTTP/1.1\r\n Host: a.test\r\n\r\n'],
      ['a folded Transfer-Encoding', withLines('Transfer-Encoding:', ' chunked') + EMPTY_CHUNKED],
      ['a folded Content-Length', `${withLines('Content-Length:', ' 2')}ok`],
    ],
  },
  {
    what: 'syntax',
    why: 'Where LF alone ends a line for one reader only, the next sees other headers (RFC 9112, 2.2).',
    cases: [
      ['line ends that are bare LF', 'GET /refused HTTP/1.1\nHost: a.test\n\n'],
      ['one header that ends in bare LF', 'GET /refused HTTP/1.1\r\nHost: a.test\nX: y\r\n\r\n'],
      ['a head that ends in bare LF', 'GET /refused HTTP/1.1\r\nHost: a.test\r\n\n'],
      ['a first line that ends in bare LF', 'GET /refused HTTP/1.1\nHost: a.test\r\n\r\n'],
      ['a length behind a bare LF', `${withLines('X-A: b\nContent-Length: 2')}ok`],
    ],
  },
  {
    what: 'syntax',
    why: 'A CR that is no line end was one to node (CVE-2025-23167) and to http-proxy-middleware (CVE-2026-55603).',
    cases: [
      ['a head that ends in a lone CR', 'GET /refused HTTP/1.1\r\nHost: a.test\r\n\rX: y\r\n\r\n'],
      ['a lone CR in a value', withLines('X-A: b\rX-B: c')],
      ['a lone CR as line end', 'GET /refused HTTP/1.1\rHost: a.test\r\r'],
      ['a lone CR in a name', withLines('X\rA: b')],
      ['a lone CR behind the first line', 'GET /refused HTTP/1.1\r\rHost: a.test\r\n\r\n'],
    ],
  },
  {
    what: 'syntax',
    why: 'A space before the colon hides the header from one reader (node CVE-2024-27982; RFC 9112, 5.1).',
    cases: [
      ['a space before the colon', withLines('X-A : b')],
      ['a space before the colon of Content-Length', `${withLines('Content-Length : 2')}ok`],
      ['a tab before the colon', withLines('X-A\t: b')],
      [
        'a space before the colon of Transfer-Encoding',
        withLines('Transfer-Encoding : chunked') + EMPTY_CHUNKED,
      ],
      ['a space before the first name', 'GET /refused HTTP/1.1\r\n X-A: b\r\nHost: a.test\r\n\r\n'],
    ],
  },
  {
    what: 'syntax',
    why: 'No reader agrees on what it is; an empty name made HAProxy drop the rest (CVE-2023-25725).',
    cases: [
      ['a header without a colon', withLines('X-A')],
      ['a header without a name', withLines(': b')],
      ['a header that is a colon', withLines(':')],
    ],
  },
  {
    what: 'syntax',
    why: 'A name is a token (RFC 9110, 5.1): one reader cuts it where another refuses it.',
    cases: [
      ['a space in a name', withLines('X A: b')],
      ['a NUL in a name', withLines('X\0A: b')],
      ['a control character in a name', withLines('X\x01A: b')],
      ['a quote in a name', withLines('X"A: b')],
      ['a bracket in a name', withLines('X[A]: b')],
      ['a byte beyond ASCII in a name', withLines('X\xe4: b')],
      ['a parenthesis in a name', withLines('X(A): b')],
      ['a slash in a name', withLines('X/A: b')],
      ['an at sign in a name', withLines('X@A: b')],
      ['a NUL behind Content-Length', `${withLines('Content-Length\0: 2')}ok`],
      [
        'a vertical tab before Transfer-Encoding',
        withLines('\x0bTransfer-Encoding: chunked') + EMPTY_CHUNKED,
      ],
    ],
  },
  {
    what: 'syntax',
    why: 'A control character ends the value for a reader in C (Envoy CVE-2019-9900) and not for others.',
    cases: [
      ['a NUL in a value', withLines('X-A: b\0c')],
      ['a control character in a value', withLines('X-A: b\x01c')],
      ['a DEL in a value', withLines('X-A: b\x7fc')],
      ['an escape character in a value', withLines('X-A: b\x1bc')],
      ['a backspace in a value', withLines('X-A: b\x08c')],
    ],
  },
  {
    what: 'syntax',
    why: 'Heads without bound fill memory; the limit is maxHeaderSize.',
    cases: [
      ['a head beyond the limit', withLines(`X-A: ${'a'.repeat(20_000)}`), 431],
      ['many headers beyond the limit', withLines(...new Array(2_000).fill('X-A: bcdef')), 431],
      ['a name beyond the limit', withLines(`${'X'.repeat(20_000)}: b`), 431],
      ['a target beyond the limit', withTarget(`/${'a'.repeat(20_000)}`), 431],
    ],
  },
  {
    what: 'syntax',
    why: 'Obfuscated expectations desynchronise (research of 2025): only a plain 100-continue is one.',
    cases: [
      ['an expectation that cannot be met', withLines('Expect: 200-ok'), 417],
      ['an obfuscated expectation', withLines('Expect: y 100-continue'), 417],
      ['two expectations', withLines('Expect: 100-continue', 'Expect: 100-continue'), 417],
      ['an expectation with a parameter', withLines('Expect: 100-continue;a=b'), 417],
    ],
  },
]
