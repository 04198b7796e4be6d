import type { RawHeaders } from '../contracts/transport.ts'
import { AnswerError } from './answer-error.ts'
import * as is from './header-names.ts'

/** What the head of an answer says. */
export interface AnswerHeadFields {
  readonly status: number
  readonly text: string
  /** Names and values in turn; equal lengths that were sent twice are one line. */
  readonly headers: RawHeaders
  /** The length of the body in bytes, CHUNKED, or UNTIL_CLOSE. */
  readonly length: number
  /** Whether the connection can carry another request. */
  readonly isKept: boolean
  /** How long the endpoint says it keeps an idle connection, in ms; Infinity when it does not say. */
  readonly keepAliveMs: number
}

export const CHUNKED = -2
export const UNTIL_CLOSE = -1

// HTAB is legal within a value, CR and LF only as the end of a line that no white space continues.
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?:^|[^\r])\n|\n[\t ]/
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\r]*))?\r/
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const TAB = 9
const SPACE = 32

/**
 * Reads a head up to and with the CRLF of its last line (RFC 9112, 4 and 5).
 * @throws AnswerError when it is malformed, or framed in two ways
 */
export function parseAnswerHead(text: string): AnswerHeadFields {
  if (FORBIDDEN.test(text)) throw new AnswerError('a control character in a head')
  const line = STATUS_LINE.exec(text)
  if (line === null) throw new AnswerError('no status line of HTTP/1')
  const [, minor, status = '', reason = ''] = line
  const headers: RawHeaders = []
  parseFields(text, text.indexOf('\n') + 1, headers)
  return framed(minor === '1', Number(status), reason, headers)
}

// What decides how a message is routed, authorised, cached or read, and so must stand in its head.
const NO_TRAILERS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-encoding', 'content-range', 'content-location', 'content-language'],
  ...['cache-control', 'age', 'date', 'expires', 'vary', 'pragma', 'location', 'retry-after'],
  ...['set-cookie', 'cookie', 'authorization', 'www-authenticate', 'authentication-info'],
  ...['range', 'max-forwards', 'if-match', 'if-none-match', 'if-modified-since', 'if-range'],
])

/** Trailers, without those that must not stand there. */
export function parseTrailers(text: string): RawHeaders {
  if (text === '') return []
  if (FORBIDDEN.test(text)) throw new AnswerError('a control character in trailers')
  const fields: RawHeaders = []
  parseFields(text, 0, fields)
  return cleanTrailers(fields)
}

/** A list without what must not stand in trailers (RFC 9110, 6.5.1). */
export function cleanTrailers(fields: RawHeaders): RawHeaders {
  const kept: RawHeaders = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (is.meaningOf(name) === is.PLAIN && !NO_TRAILERS.has(name.toLowerCase()))
      kept.push(name, fields[i + 1] as string)
  }
  return kept
}

function parseFields(text: string, start: number, fields: RawHeaders): void {
  let from = start
  while (from < text.length) {
    const stop = text.indexOf('\r\n', from)
    const colon = text.indexOf(':', from)
    if (colon < 0 || colon > stop) throw new AnswerError('a header without a colon')
    const name = text.slice(from, colon)
    if (!isToken(name)) throw new AnswerError('a header name that is none')
    let first = colon + 1
    let last = stop
    while (first < last && isBlank(text.charCodeAt(first))) first++
    while (last > first && isBlank(text.charCodeAt(last - 1))) last--
    fields.push(name, text.slice(first, last))
    from = stop + 2
  }
}

function framed(isOne: boolean, status: number, text: string, raw: RawHeaders): AnswerHeadFields {
  let length = UNTIL_CLOSE
  let coding = ''
  let connection = ''
  let keepAliveMs = Number.POSITIVE_INFINITY
  let repeated = -1
  for (let i = 0; i < raw.length; i += 2) {
    const meaning = is.meaningOf(raw[i] as string)
    if (meaning === is.PLAIN) continue
    const value = raw[i + 1] as string
    if (meaning === is.CONTENT_LENGTH) {
      const found = lengthOf(value)
      if (length !== UNTIL_CLOSE && length !== found) throw new AnswerError('two lengths')
      if (length !== UNTIL_CLOSE) repeated = i
      length = found
    } else if (meaning === is.TRANSFER_ENCODING) coding += coding === '' ? value : `, ${value}`
    else if (meaning === is.CONNECTION) connection += `,${value}`
    else if (meaning === is.HOP && raw[i]?.toLowerCase() === 'keep-alive') {
      keepAliveMs = hinted(value)
    }
  }
  if (coding !== '') {
    // RFC 9112, 6.1 and 6.3: one of the two would be another reader's end of the body.
    if (length !== UNTIL_CLOSE || !isOne) throw new AnswerError('a body framed in two ways')
    // Nobody here could undo another coding, and what it hides must not pass for the body.
    if (coding.toLowerCase() !== 'chunked') throw new AnswerError('a coding other than chunked')
    length = CHUNKED
  }
  const headers = repeated < 0 ? raw : oneLength(raw)
  const isKept = isOne ? !/,[ \t]*close[ \t]*(,|$)/i.test(connection) : isKeptByOld(connection)
  return { status, text, headers, length, isKept, keepAliveMs }
}

function isKeptByOld(connection: string): boolean {
  return /,[ \t]*keep-alive[ \t]*(,|$)/i.test(connection)
}

function lengthOf(value: string): number {
  if (!is.isLength(value)) throw new AnswerError('a length that is none')
  return Number(value)
}

function oneLength(raw: RawHeaders): RawHeaders {
  const headers: RawHeaders = []
  let hasLength = false
  for (let i = 0; i < raw.length; i += 2) {
    const isLength = is.meaningOf(raw[i] as string) === is.CONTENT_LENGTH
    if (isLength && hasLength) continue
    hasLength ||= isLength
    headers.push(raw[i] as string, raw[i + 1] as string)
  }
  return headers
}

function hinted(value: string): number {
  const [, seconds] = /(?:^|[,; \t])timeout=(\d{1,6})/i.exec(value) ?? []
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1_000
}

function isBlank(char: number): boolean {
  return char === SPACE || char === TAB
}

// Names that were found to be tokens. Bounded: they are the endpoint's.
const tokens = new Set<string>()
const MOST_TOKENS = 4_096

function isToken(name: string): boolean {
  if (tokens.has(name)) return true
  if (!TOKEN.test(name)) return false
  // A copy: a piece of a head would keep all of that head in memory.
  if (tokens.size < MOST_TOKENS && name.length <= 64) tokens.add(is.copied(name))
  return true
}
