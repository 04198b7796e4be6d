/** A request whose head is fine and whose body is not. */
export interface MalformedBody {
  readonly name: string
  /** latin1. */
  readonly bytes: string
  /** 400 unless another status says more. */
  readonly status?: number
}

const HEAD = 'POST /upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'

const BODIES: readonly (readonly [string, string, number?])[] = [
  ['a chunk size that is no number', 'x\r\nok\r\n0\r\n\r\n'],
  ['an empty chunk size', '\r\nok\r\n0\r\n\r\n'],
  ['a negative chunk size', '-2\r\nok\r\n0\r\n\r\n'],
  ['a chunk size with a plus', '+2\r\nok\r\n0\r\n\r\n'],
  ['a chunk size with 0x', '0x2\r\nok\r\n0\r\n\r\n'],
  ['a chunk size beyond 64 bits', '10000000000000002\r\nok\r\n0\r\n\r\n'],
  ['a chunk size of all ones and more', 'fffffffffffffffff\r\nok\r\n0\r\n\r\n'],
  ['a space before the chunk size', ' 2\r\nok\r\n0\r\n\r\n'],
  ['a space behind the chunk size', '2 \r\nok\r\n0\r\n\r\n'],
  ['a bare LF behind the chunk size', '2\nok\r\n0\r\n\r\n'],
  ['a bare LF behind the chunk', '2\r\nok\n0\r\n\r\n'],
  ['a bare LF behind the last chunk', '2\r\nok\r\n0\n\r\n'],
  ['a bare LF as the end', '2\r\nok\r\n0\r\n\n'],
  ['a lone CR behind the chunk size', '2\rok\r\n0\r\n\r\n'],
  ['a bare LF in a chunk extension', '2;a\nb\r\nok\r\n0\r\n\r\n'],
  ['a lone CR in a chunk extension', '2;a\rb\r\nok\r\n0\r\n\r\n'],
  ['a NUL in a chunk extension', '2;a=\0\r\nok\r\n0\r\n\r\n'],
  ['a chunk longer than its size', '2\r\nokay\r\n0\r\n\r\n'],
  ['chunk extensions without bound', `2;${'a'.repeat(100_000)}\r\nok\r\n0\r\n\r\n`],
  ['a trailer with a space before the colon', '2\r\nok\r\n0\r\nX-A : b\r\n\r\n'],
  ['a trailer without a colon', '2\r\nok\r\n0\r\nX-A\r\n\r\n'],
  ['a trailer with a NUL', '2\r\nok\r\n0\r\nX-A: \0\r\n\r\n'],
  ['a folded trailer', '2\r\nok\r\n0\r\nX-A: b\r\n c\r\n\r\n'],
  ['trailers without bound', `2\r\nok\r\n0\r\n${'X-A: bcdef\r\n'.repeat(5_000)}\r\n`, 431],
]

export const MALFORMED_BODIES: readonly MalformedBody[] = BODIES.map(
  ([name, body, status = 400]) => ({
    name,
    bytes: HEAD + body,
    status,
  }),
)
