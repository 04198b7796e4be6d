import { type Groups, malformed } from './malformed.ts'

const HEAD = 'POST /upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'

const GROUPS: Groups = [
  {
    what: 'chunk size',
    why: 'A size is hexadecimal digits alone (RFC 9112, 7.1); lenient readers find other ends.',
    cases: [
      ['that is no number', 'x\r\nok\r\n0\r\n\r\n'],
      ['that is empty', '\r\nok\r\n0\r\n\r\n'],
      ['that is negative', '-2\r\nok\r\n0\r\n\r\n'],
      ['with a plus', '+2\r\nok\r\n0\r\n\r\n'],
      ['with 0x', '0x2\r\nok\r\n0\r\n\r\n'],
      ['behind a space', ' 2\r\nok\r\n0\r\n\r\n'],
      ['before a space', '2 \r\nok\r\n0\r\n\r\n'],
      ['before a tab', '2\t\r\nok\r\n0\r\n\r\n'],
      ['with an underscore', '0_2\r\nok\r\n0\r\n\r\n'],
      ['with a fraction', '2.0\r\nok\r\n0\r\n\r\n'],
      ['with a NUL', '2\0\r\nok\r\n0\r\n\r\n'],
      ['in quotes', '"2"\r\nok\r\n0\r\n\r\n'],
    ],
  },
  {
    what: 'chunk size',
    why: 'It overflows: what wraps around to 2 in one reader is endless in another.',
    cases: [
      ['beyond 64 bits', '10000000000000002\r\nok\r\n0\r\n\r\n'],
      ['of all ones and more', 'fffffffffffffffff\r\nok\r\n0\r\n\r\n'],
      ['of 2^65', '20000000000000000\r\nok\r\n0\r\n\r\n'],
    ],
  },
  {
    what: 'chunk line',
    why: 'A bare LF or CR ends it for some (2025: nginx, HAProxy and Caddy repair it): we refuse.',
    cases: [
      ['that ends in bare LF', '2\nok\r\n0\r\n\r\n'],
      ['of a last chunk that ends in bare LF', '2\r\nok\r\n0\n\r\n'],
      ['before an end that is bare LF', '2\r\nok\r\n0\r\n\n'],
      ['that ends in a lone CR', '2\rok\r\n0\r\n\r\n'],
      ['that ends in two CR', '2\r\r\nok\r\n0\r\n\r\n'],
      ['with a bare LF in its extension', '2;a\nb\r\nok\r\n0\r\n\r\n'],
      ['with a lone CR in its extension', '2;a\rb\r\nok\r\n0\r\n\r\n'],
    ],
  },
  {
    what: 'chunk',
    why: 'What stands behind a chunk is CR LF: another end makes its size a lie for one reader.',
    cases: [
      ['that ends in bare LF', '2\r\nok\n0\r\n\r\n'],
      ['longer than its size', '2\r\nokay\r\n0\r\n\r\n'],
      ['shorter than its size', '3\r\nok\r\n0\r\n\r\n'],
      ['without an end', '2\r\nok0\r\n\r\n'],
      ['that ends in a lone CR', '2\r\nok\r0\r\n\r\n'],
    ],
  },
  {
    what: 'chunk extension',
    why: 'Nobody reads them, so nothing legal is long or has control characters (node CVE-2024-22019).',
    cases: [
      ['with a NUL', '2;a=\0\r\nok\r\n0\r\n\r\n'],
      ['without bound', `2;${'a'.repeat(100_000)}\r\nok\r\n0\r\n\r\n`],
      ['in quotes over two lines', '2;a="\r\nok"\r\nok\r\n0\r\n\r\n'],
      ['with a control character', '2;a=\x01\r\nok\r\n0\r\n\r\n'],
      ['with a DEL', '2;a=\x7f\r\nok\r\n0\r\n\r\n'],
    ],
  },
  {
    what: 'trailer',
    why: 'Trailers are headers: what is refused in a head is refused behind a body.',
    cases: [
      ['with a space before the colon', '2\r\nok\r\n0\r\nX-A : b\r\n\r\n'],
      ['without a colon', '2\r\nok\r\n0\r\nX-A\r\n\r\n'],
      ['with a NUL', '2\r\nok\r\n0\r\nX-A: \0\r\n\r\n'],
      ['that is folded', '2\r\nok\r\n0\r\nX-A: b\r\n c\r\n\r\n'],
      ['that ends in bare LF', '2\r\nok\r\n0\r\nX-A: b\nX-B: c\r\n\r\n'],
      ['that is a length', '2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n'],
      ['without a name', '2\r\nok\r\n0\r\n: b\r\n\r\n'],
      ['without bound', `2\r\nok\r\n0\r\n${'X-A: bcdef\r\n'.repeat(5_000)}\r\n`, 431],
    ],
  },
]

export const MALFORMED_BODIES = malformed(GROUPS).map((one) => ({
  ...one,
  bytes: HEAD + one.bytes,
}))
