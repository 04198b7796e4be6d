import type { ServerResponse } from 'node:http'

const WRITTEN = Symbol('sluice.written-bytes')

type Counted = ServerResponse & { [WRITTEN]?: number }
type Chunk = string | Uint8Array | undefined

/**
 * Counts the body that goes into a response, whoever writes it: native plugins answer by
 * themselves, or change what the endpoint sent. Two functions for all responses.
 */
export function countWritten(res: ServerResponse): void {
  const counted: Counted = res
  counted[WRITTEN] = 0
  res.write = write as typeof res.write
  res.end = end as typeof res.end
}

/** The bytes of the body so far; undefined where nobody counts. */
export function writtenTo(res: ServerResponse): number | undefined {
  return (res as Counted)[WRITTEN]
}

function write(this: Counted, chunk: Chunk, ...rest: unknown[]): boolean {
  count(this, chunk, rest[0])
  return Object.getPrototypeOf(this).write.call(this, chunk, ...rest)
}

function end(this: Counted, chunk: Chunk, ...rest: unknown[]): ServerResponse {
  count(this, chunk, rest[0])
  // Of HTTP/2 it calls `write`, of HTTP/1 it does not.
  Reflect.deleteProperty(this, 'write')
  return Object.getPrototypeOf(this).end.call(this, chunk, ...rest)
}

function count(res: Counted, chunk: Chunk, encoding: unknown): void {
  if (res.req.method === 'HEAD' || res.writableEnded) return
  const bytes =
    typeof chunk === 'string'
      ? Buffer.byteLength(
          chunk,
          typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8',
        )
      : chunk instanceof Uint8Array
        ? chunk.byteLength
        : 0
  res[WRITTEN] = (res[WRITTEN] ?? 0) + bytes
}
