import { STATUS_CODES } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import type {
  AnswerSink,
  Call,
  OutgoingRequest,
  RawHeaders,
  Sent,
  TransportFailure,
} from '../contracts/transport.ts'
import { cleanTrailers } from './answer-fields.ts'
import { H2Body } from './h2-body.ts'
import { broken, isRefusal, refused, timeout } from './h2-failure.ts'
import { answerHead, requestHead } from './h2-headers.ts'
import type { H2Session } from './h2-session.ts'
import { flow, listen, reset, type StreamEvents, takeBuffered } from './h2-stream.ts'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants
const NO_TRAILERS: RawHeaders = []
const WITH_BODY = { endStream: false }
const WITHOUT_BODY = { endStream: true }

/** One request and its answer: one stream of a session, once it has one. */
export class H2Call implements Call, StreamEvents {
  readonly #request: OutgoingRequest
  readonly #sink: AnswerSink
  /** Where it waits for a connection, then where its stream is. */
  session: H2Session | undefined = undefined
  /** Whether its stream is the first on a connection that had been idle. */
  isFirst = false
  #stream: ClientHttp2Stream | undefined = undefined
  #body: H2Body | undefined = undefined
  #isAnswered = false
  #isOver = false
  #isPaused = false
  /** Whether the endpoint ended the stream itself: all of the answer is here, or buffered. */
  #isWhole = false
  /** Whether nothing but `#rest` is left to hand on. */
  #isAtEnd = false
  /** The end of a whole answer that nobody takes yet. */
  #rest: Buffer | null = null
  /** When something moved last. */
  #since = 0
  #error: unknown = undefined
  #trailers: RawHeaders = NO_TRAILERS

  constructor(request: OutgoingRequest, sink: AnswerSink) {
    this.#request = request
    this.#sink = sink
  }

  get isFresh(): boolean {
    return this.#request.fresh
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The number of its stream. */
  get id(): number | undefined {
    return this.#stream?.id
  }

  /** Sends the request on a session that has room. */
  open(session: H2Session, h2: ClientHttp2Session, now: number): void {
    const { body } = this.#request
    const { scheme, authority } = session
    const head = requestHead(this.#request, scheme, authority)
    const stream = h2.request(head, body === null ? WITHOUT_BODY : WITH_BODY)
    this.#stream = stream
    this.#since = now
    listen(stream, this)
    if (body instanceof Uint8Array) stream.end(body)
    else if (body !== null) this.#body = new H2Body(body, stream, this)
  }

  abort(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#release(NGHTTP2_CANCEL)
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#touch()
    const rest = this.#rest
    this.#rest = null
    if (rest !== null) this.received(rest)
    if (this.#isPaused) return
    if (this.#isAtEnd) this.ended()
    else this.#stream?.resume()
  }

  recycle(): void {}

  /** Gives up, from outside: no connection, or a lost one. */
  fail(failure: TransportFailure): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#release(NGHTTP2_CANCEL)
    this.#sink.failed(failure)
  }

  /** Gives up: the endpoint is silent. */
  late(): void {
    this.fail(timeout(this.#sent))
  }

  /** Gives up if the endpoint has kept everybody waiting for too long; 0 means no limit. */
  look(now: number, responseMs: number, idleMs: number): void {
    const stream = this.#stream
    if (this.#isOver || this.#isPaused || stream === undefined) return
    const moved = this.#body?.movedAt(now) ?? 0
    if (moved > this.#since) this.#since = moved
    const isSent = stream.writableFinished
    // As long as the request is under way and nothing of it stands in the way, the client is slow.
    if (!this.#isAnswered && !isSent && stream.writableLength === 0) return
    const limit = !this.#isAnswered && isSent ? responseMs : idleMs
    if (limit > 0 && now - this.#since >= limit) this.late()
  }

  answered(status: number, raw: RawHeaders): void {
    const stream = this.#stream
    if (this.#isOver || stream === undefined) return
    if (!(status >= 200)) {
      this.fail(broken(new Error(`a final status of ${status}`), this.#sent, false))
      return
    }
    this.#isAnswered = true
    this.#touch()
    this.#sink.head(status, STATUS_CODES[status] ?? '', answerHead(raw))
    if (!this.#isOver) flow(stream)
  }

  received(chunk: Buffer): void {
    if (this.#isOver) return
    this.#touch()
    if (this.#sink.data(chunk)) return
    this.#isPaused = true
    this.#stream?.pause()
    if (this.#isWhole) this.#keepRest()
  }

  ending(trailers: RawHeaders): void {
    this.#trailers = cleanTrailers(trailers)
  }

  sawEnd(): void {
    this.#isWhole = true
    if (this.#isPaused) this.#keepRest()
  }

  ended(): void {
    // A reset in the midst of a body ends the stream as well, and is no end of the body.
    if (this.#isOver || !this.#isWhole || !this.#isAnswered) return
    this.#isAtEnd = true
    if (this.#isPaused) return
    this.#isOver = true
    // Early answers: what is left of the request is of no use to anybody.
    if (this.#stream?.writableFinished === false) this.#release(NGHTTP2_NO_ERROR)
    this.#sink.end(this.#trailers)
  }

  errored(error: unknown): void {
    this.#error = error
  }

  closed(stream: ClientHttp2Stream): void {
    const { session } = this
    session?.ended(this)
    if (this.#isOver) return
    // A whole answer that nobody takes yet; or a reset behind one, by an endpoint that wants no
    // more of the request (RFC 9113, 8.1).
    const { rstCode, id } = stream
    if (this.#isWhole && rstCode === NGHTTP2_NO_ERROR && stream.readableLength === 0) {
      this.ended()
      return
    }
    this.#isOver = true
    this.#stopBody()
    const isBeyondLast = session?.isBeyondLast(id) !== false
    if (!this.#isAnswered && (isBeyondLast || isRefusal(rstCode))) {
      // A connection on its way out is as good as one that was closed before.
      this.#sink.failed(refused(this.#error, isBeyondLast && !this.isFresh))
      return
    }
    const cause = this.#error ?? new Error(`the stream ended before its answer, code ${rstCode}`)
    const isReused = this.isFirst && session?.isLost === true && !this.#isAnswered
    this.#sink.failed(broken(cause, this.#sent, isReused))
  }

  get #sent(): Sent {
    return this.#stream?.writableFinished === true ? 'all' : 'part'
  }

  #touch(): void {
    if (this.session !== undefined) this.#since = this.session.now()
  }

  /** A whole answer is ours even if its connection closes before anybody takes it. */
  #keepRest(): void {
    const rest = this.#stream === undefined ? undefined : takeBuffered(this.#stream)
    if (rest === undefined) return
    this.#rest = this.#rest === null ? rest : Buffer.concat([this.#rest, rest])
  }

  // What nobody reads must not hold its sender back, sent or not.
  #stopBody(): void {
    const { body } = this.#request
    if (this.#body !== undefined) this.#body.stop()
    else if (body !== null && !(body instanceof Uint8Array)) body.destroy()
  }

  #release(code: number): void {
    if (this.#stream === undefined) this.session?.forget(this)
    this.#stopBody()
    if (this.#stream !== undefined) reset(this.#stream, code)
  }
}
