/** One HTTP/1.1 message, as a reader sees it. Text is latin1. */
export interface Read {
  readonly line: string
  /** Names and values in turn, white space around values left out. */
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

/** What a strict reader makes of bytes. */
export interface Reading {
  readonly messages: readonly Read[]
  /** Bytes of a message that is not whole. */
  readonly rest: string
  /** Why it stopped before the end; undefined if everything was well-formed so far. */
  readonly error: string | undefined
}

type Body = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunks' }

type Judge = (line: string, headers: readonly string[]) => Body

class Malformed extends Error {}

const REQUEST_LINE = /^[A-Z-]+ (?:\/[\x21-\x7e]*|\*) HTTP\/1\.1$/
const STATUS_LINE = /^HTTP\/1\.1 [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/
const ENDPOINTS_STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/
const CHUNK_SIZE = /^[0-9A-Fa-f]{1,13}$/
const CHUNK_LINE = /^[0-9A-Fa-f]{1,13}(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/

/**
 * Reads bytes as requests by the letter of RFC 9112, sharing nothing with the code under test:
 * anything that another reader might take for something else is an error.
 */
export function readRequests(bytes: string): Reading {
  return read(bytes, (line, headers) => {
    if (!REQUEST_LINE.test(line)) throw new Malformed(`request line ${JSON.stringify(line)}`)
    if (valuesOf(headers, 'host').length !== 1) throw new Malformed('not exactly one Host')
    return framing(headers) ?? { kind: 'length', length: 0 }
  })
}

/**
 * Reads bytes as answers of an endpoint: as strictly, but with what is legal and never the
 * gateway's own way: HTTP/1.0, chunk extensions, one length said twice.
 */
export function readEndpointsAnswers(bytes: string): Reading {
  const judge: Judge = (line, headers) => {
    const once = headers.filter((_, i) => !repeatsLength(headers, i & ~1))
    return judgeAnswer(line, once, ENDPOINTS_STATUS_LINE)
  }
  return read(bytes, judge, CHUNK_LINE)
}

/** Reads bytes as answers of the gateway to requests that are no HEAD. */
export function readAnswers(bytes: string): Reading {
  return read(bytes, (line, headers) => judgeAnswer(line, headers, STATUS_LINE))
}

function judgeAnswer(line: string, headers: readonly string[], statusLine: RegExp): Body {
  if (!statusLine.test(line)) throw new Malformed(`status line ${JSON.stringify(line)}`)
  const body = framing(headers)
  if (isInterim(line) || /^\S+ (?:204|304)/.test(line)) return { kind: 'length', length: 0 }
  if (body === undefined) throw new Malformed('neither a length nor chunks')
  return body
}

function repeatsLength(headers: readonly string[], at: number): boolean {
  const isLength = (i: number) => headers[i]?.toLowerCase() === 'content-length'
  if (!isLength(at)) return false
  for (let i = 0; i < at; i += 2) if (isLength(i) && headers[i + 1] === headers[at + 1]) return true
  return false
}

/** Whether a status line is that of an answer before the final one. */
export function isInterim(line: string): boolean {
  return /^\S+ 1\d\d/.test(line)
}

function read(bytes: string, judge: Judge, chunkLine = CHUNK_SIZE): Reading {
  const messages: Read[] = []
  const cursor = new Cursor(bytes)
  let whole = 0
  try {
    while (cursor.at < bytes.length) {
      messages.push(message(cursor, judge, chunkLine))
      whole = cursor.at
    }
  } catch (error: unknown) {
    if (error instanceof Malformed) return { messages, rest: '', error: error.message }
    if (!(error instanceof RangeError)) throw error
  }
  return { messages, rest: bytes.slice(whole), error: undefined }
}

function message(cursor: Cursor, judge: Judge, chunkLine: RegExp): Read {
  const line = cursor.line()
  const headers = fields(cursor)
  const body = judge(line, headers)
  if (body.kind === 'length') {
    return { line, headers, body: cursor.take(body.length), trailers: [] }
  }
  let text = ''
  for (;;) {
    const size = cursor.line()
    if (!chunkLine.test(size)) throw new Malformed(`chunk size ${JSON.stringify(size)}`)
    const length = Number.parseInt(size, 16)
    if (length === 0) return { line, headers, body: text, trailers: fields(cursor) }
    text += cursor.take(length)
    if (cursor.take(2) !== '\r\n') throw new Malformed('no CRLF behind a chunk')
  }
}

function fields(cursor: Cursor): string[] {
  const list: string[] = []
  for (let line = cursor.line(); line !== ''; line = cursor.line()) {
    const [, name, value] = FIELD.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw new Malformed(`header line ${JSON.stringify(line)}`)
    }
    list.push(name, value)
  }
  return list
}

function framing(headers: readonly string[]): Body | undefined {
  const lengths = valuesOf(headers, 'content-length')
  const codings = valuesOf(headers, 'transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Malformed('framed more than once')
  if (codings.length > 0) {
    if (codings[0]?.toLowerCase() !== 'chunked') throw new Malformed(`coding ${codings[0]}`)
    return { kind: 'chunks' }
  }
  if (lengths.length === 0) return undefined
  if (!/^\d{1,15}$/.test(lengths[0] ?? '')) throw new Malformed(`length ${lengths[0]}`)
  return { kind: 'length', length: Number(lengths[0]) }
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name)
}

/** A place in bytes. Throws a RangeError where they are not enough. */
class Cursor {
  readonly #bytes: string
  at = 0

  constructor(bytes: string) {
    this.#bytes = bytes
  }

  line(): string {
    const end = this.#bytes.indexOf('\r\n', this.at)
    // What is not whole yet must not hold what can never become a line.
    if (/\n|\r(?!$)/.test(this.#bytes.slice(this.at, end < 0 ? undefined : end))) {
      throw new Malformed('a bare CR or LF')
    }
    if (end < 0) throw new RangeError()
    const line = this.#bytes.slice(this.at, end)
    this.at = end + 2
    return line
  }

  take(length: number): string {
    if (this.at + length > this.#bytes.length) throw new RangeError()
    this.at += length
    return this.#bytes.slice(this.at - length, this.at)
  }
}
