import type { RawHeaders } from '../contracts/transport.ts'
import { AnswerError } from './answer-error.ts'
import { type AnswerHeadFields, CHUNKED, parseAnswerHead, parseTrailers } from './answer-fields.ts'
import { ChunkSizes } from './chunk-sizes.ts'

/** Hears what a parser finds, in order. Any of them may end the parsing by `stop`. */
export interface AnswerEvents {
  /** The final head. Data and an end follow, also when there is no body. */
  onHead(head: AnswerHeadFields): void
  /** The endpoint switches protocols: bytes from here on are no HTTP any more. */
  onUpgrade(head: AnswerHeadFields): void
  /** A piece of the body: a view over the bytes that were given. */
  onData(piece: Buffer): void
  onEnd(trailers: RawHeaders): void
}

const IDLE = 0
const HEAD = 1
const LENGTH = 2
const CHUNK_SIZE = 3
const CHUNK_DATA = 4
const TRAILERS = 5
const UNTIL_CLOSE = 6
const OVER = 7

/** A head larger than this is no answer. Twice what most servers can be brought to send. */
const MOST_HEAD_BYTES = 65_536
// Most heads are shorter: so much is turned into text first.
const FIRST_LOOK_BYTES = 1_024
// An endpoint that only ever says "wait" must not be believed for ever.
const MOST_INTERIM = 32

/**
 * Reads answers of HTTP/1 (RFC 9112) from one connection, one request at a time. Strict: what two
 * readers may read differently is refused, so that nobody is handed another's answer.
 */
export class AnswerParser {
  readonly #events: AnswerEvents
  #state = IDLE
  #isHeadOnly = false
  #mayUpgrade = false
  #interim = 0
  /** The text of a head or of trailers that has not come whole yet. */
  #pending = ''
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0
  readonly #sizes = new ChunkSizes()
  /** Bytes behind the end of the answer in what was given last. */
  rest = 0

  constructor(events: AnswerEvents) {
    this.#events = events
  }

  /** Awaits the answer to a request. */
  expect(method: string, mayUpgrade: boolean): void {
    this.#state = HEAD
    this.#isHeadOnly = method === 'HEAD'
    this.#mayUpgrade = mayUpgrade
    this.#interim = 0
    this.#pending = ''
  }

  /** Whether any byte of a final answer or of a head has come. */
  get hasBegun(): boolean {
    return this.#state > HEAD || this.#pending !== '' || this.#interim > 0
  }

  /** Bytes of the body that are still to come, or -1 where nobody knows. */
  get left(): number {
    return this.#state === LENGTH ? this.#left : -1
  }

  /**
   * Reads the first `end` bytes. Gives how many belonged to the answer; the others are behind its
   * end.
   * @throws AnswerError for anything that is no answer
   */
  execute(bytes: Buffer, end: number): number {
    let at = 0
    while (at < end && this.#state !== OVER && this.#state !== IDLE) {
      at = this.#step(bytes, at, end)
    }
    return at
  }

  /** The connection has ended. True if that ends the answer, as it does a body without a length. */
  finish(): boolean {
    if (this.#state !== UNTIL_CLOSE) return false
    this.rest = 0
    this.#end([])
    return true
  }

  /** Reads nothing more. */
  stop(): void {
    this.#state = OVER
  }

  #step(bytes: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#head(bytes, at, end)
      case CHUNK_SIZE:
        return this.#chunkSize(bytes, at, end)
      case TRAILERS:
        return this.#trailers(bytes, at, end)
      default:
        return this.#data(bytes, at, end)
    }
  }

  #head(bytes: Buffer, at: number, end: number): number {
    const known = this.#pending.length
    let text = this.#pending + bytes.toString('latin1', at, Math.min(end, at + FIRST_LOOK_BYTES))
    let stop = text.indexOf('\r\n\r\n', Math.max(0, known - 3))
    if (stop < 0 && end - at > FIRST_LOOK_BYTES) {
      text += bytes.toString('latin1', at + FIRST_LOOK_BYTES, end)
      stop = text.indexOf('\r\n\r\n', Math.max(0, known - 3))
    }
    if (stop < 0) {
      refuseHopeless(text, known)
      this.#pending = text
      return end
    }
    this.#pending = ''
    const next = at + stop + 4 - known
    this.rest = end - next
    this.#found(parseAnswerHead(text.slice(0, stop + 2)))
    return next
  }

  #found(head: AnswerHeadFields): void {
    if (head.status === 101) {
      if (!this.#mayUpgrade) throw new AnswerError('101 that nobody asked for')
      this.#state = OVER
      this.#events.onUpgrade(head)
      return
    }
    if (head.status < 200) {
      this.#interim++
      if (this.#interim > MOST_INTERIM) throw new AnswerError('too many interim answers')
      return
    }
    const isBodiless = this.#isHeadOnly || head.status === 204 || head.status === 304
    this.#left = isBodiless ? 0 : head.length
    this.#state = stateFor(this.#left)
    if (this.#state === CHUNK_SIZE) this.#sizes.begin()
    this.#events.onHead(head)
    if (this.#left === 0 && this.#state === LENGTH) this.#end([])
  }

  #data(bytes: Buffer, at: number, end: number): number {
    if (this.#state === UNTIL_CLOSE) {
      this.#events.onData(bytes.subarray(at, end))
      return end
    }
    const stop = Math.min(end, at + this.#left)
    this.#left -= stop - at
    const isLast = this.#left === 0
    this.rest = end - stop
    if (isLast && this.#state === CHUNK_DATA) this.#state = CHUNK_SIZE
    this.#events.onData(bytes.subarray(at, stop))
    if (isLast && this.#state === LENGTH) this.#end([])
    return stop
  }

  #chunkSize(bytes: Buffer, at: number, end: number): number {
    const next = this.#sizes.read(bytes, at, end)
    const size = this.#sizes.take()
    if (size < 0) return next
    this.#left = size
    this.#state = size === 0 ? TRAILERS : CHUNK_DATA
    // The empty line behind the last chunk may be that of no trailers at all.
    if (size === 0) this.#pending = '\r\n'
    return next
  }

  #trailers(bytes: Buffer, at: number, end: number): number {
    const known = this.#pending.length
    const text = this.#pending + bytes.toString('latin1', at, end)
    const stop = text.indexOf('\r\n\r\n', Math.max(0, known - 3))
    if (stop < 0) {
      if (text.length > MOST_HEAD_BYTES) throw new AnswerError('trailers without end')
      refuseBareLines(text, known)
      this.#pending = text
      return end
    }
    this.#pending = ''
    const next = at + stop + 4 - known
    this.rest = end - next
    this.#end(parseTrailers(text.slice(2, stop + 2)))
    return next
  }

  #end(trailers: RawHeaders): void {
    this.#state = IDLE
    this.#events.onEnd(trailers)
  }
}

function stateFor(length: number): number {
  if (length === CHUNKED) return CHUNK_SIZE
  return length < 0 ? UNTIL_CLOSE : LENGTH
}

/** Tells early what can never become a head, rather than wait for the rest of it. */
function refuseHopeless(text: string, known: number): void {
  if (text.length > MOST_HEAD_BYTES) throw new AnswerError('a head without end')
  const start = 'HTTP/1.'
  if (!text.startsWith(start.slice(0, Math.min(start.length, text.length)))) {
    throw new AnswerError('no answer of HTTP/1')
  }
  refuseBareLines(text, known)
}

// Looks at what is new alone: a head that comes byte by byte must not cost its square.
function refuseBareLines(text: string, known: number): void {
  if (/[^\r]\n/.test(text.slice(Math.max(0, known - 1))))
    throw new AnswerError('a line that ends in a bare LF')
}
