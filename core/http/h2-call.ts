import { STATUS_CODES } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import { Duplex } from 'node:stream'
import type {
  AnswerSink,
  Call,
  OutgoingRequest,
  RawHeaders,
  TransportFailure,
} from '../contracts/transport.ts'
import { H2Body } from './h2-body.ts'
import { broken, timeout } from './h2-failure.ts'
import { answerHead, requestHead } from './h2-headers.ts'
import type { H2Session } from './h2-session.ts'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants
const CALL = Symbol('sluice.h2-call')
const NO_TRAILERS: RawHeaders = []
const WITH_BODY = { endStream: false }
const WITHOUT_BODY = { endStream: true }

type Carrier = Duplex & { [CALL]?: H2Call }

/** One request and its answer: one stream of a session, once it has one. */
export class H2Call implements Call {
  readonly #request: OutgoingRequest
  readonly #sink: AnswerSink
  /** Where it waits for a connection, then where its stream is. */
  session: H2Session | undefined = undefined
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
    const carrier: Carrier = stream
    carrier[CALL] = this
    carrier.push = pushAndSeeEnd
    stream.on('response', onResponse).on('trailers', onTrailers).on('end', onEnd)
    stream.on('error', onError).on('close', onClose)
    if (body instanceof Uint8Array) stream.end(body)
    else if (body !== null) this.#body = new H2Body(body, stream)
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

  /** Gives up if the endpoint has kept everybody waiting for too long; 0 means no limit. */
  look(now: number, responseMs: number, idleMs: number): void {
    const stream = this.#stream
    if (this.#isOver || this.#isPaused || stream === undefined) return
    const moved = this.#body?.movedAt(now) ?? 0
    if (moved > this.#since) this.#since = moved
    const isSent = stream.writableFinished
    // As long as the request is under way and nothing of it stands in the way, the client is slow.
    if (!this.#isAnswered && !isSent && stream.writableLength === 0) return
    const isWaiting = !this.#isAnswered && isSent
    const limit = isWaiting ? responseMs : idleMs
    if (limit === 0 || now - this.#since < limit) return
    this.fail(timeout(isWaiting ? `no answer within ${limit} ms` : `nothing moved for ${limit} ms`))
  }

  answered(status: number, raw: RawHeaders): void {
    const stream = this.#stream
    if (this.#isOver || stream === undefined) return
    if (!(status >= 200)) {
      this.fail(broken(NGHTTP2_NO_ERROR, false, false, new Error(`a final status of ${status}`)))
      return
    }
    this.#isAnswered = true
    this.#touch()
    this.#sink.head(status, STATUS_CODES[status] ?? '', answerHead(raw))
    if (!this.#isOver) stream.on('data', onData)
  }

  /** A piece of the answer; the stream flows until it is told to pause. */
  received(chunk: Buffer): void {
    if (this.#isOver) return
    this.#touch()
    if (this.#sink.data(chunk)) return
    this.#isPaused = true
    this.#stream?.pause()
    if (this.#isWhole) this.#keepRest()
  }

  ending(trailers: RawHeaders): void {
    this.#trailers = trailers
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

  /** The stream is gone, and its place is free. */
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
    this.#body?.stop()
    const isBeyondLast = session?.isBeyondLast(id) ?? true
    const failure = broken(rstCode, isBeyondLast, this.#isAnswered, this.#error)
    this.#sink.failed(session?.fatal ?? failure)
  }

  #touch(): void {
    if (this.session !== undefined) this.#since = this.session.now()
  }

  /** A whole answer is ours even if its connection closes before anybody takes it. */
  #keepRest(): void {
    const stream = this.#stream
    if (stream === undefined || stream.readableLength === 0) return
    stream.off('data', onData)
    const rest: Buffer = stream.read()
    this.#rest = this.#rest === null ? rest : Buffer.concat([this.#rest, rest])
  }

  #release(code: number): void {
    if (this.#stream === undefined) this.session?.forget(this)
    this.#body?.stop()
    this.#stream?.close(code)
  }
}

// One function for every stream: node calls it on the stream.

function callOf(stream: Carrier): H2Call {
  const call = stream[CALL]
  if (call === undefined) throw new Error('not a stream of a call')
  return call
}

function onResponse(this: ClientHttp2Stream, headers: object, _flags: number, raw?: string[]) {
  callOf(this).answered(Number((headers as { ':status'?: unknown })[':status']), raw ?? [])
}

function onData(this: ClientHttp2Stream, chunk: Buffer): void {
  callOf(this).received(chunk)
}

function onTrailers(this: ClientHttp2Stream, _headers: object, _flags: number, raw?: string[]) {
  callOf(this).ending(raw ?? [])
}

function onEnd(this: ClientHttp2Stream): void {
  callOf(this).ended()
}

function onError(this: ClientHttp2Stream, error: Error): void {
  callOf(this).errored(error)
}

function onClose(this: ClientHttp2Stream): void {
  callOf(this).closed(this)
}

/**
 * Node ends the readable side for END_STREAM and for a RST_STREAM with NO_ERROR alike, and says
 * nowhere which it was. Only for the second is the stream closed already.
 */
function pushAndSeeEnd(this: Carrier, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && (this as ClientHttp2Stream).closed === false) callOf(this).sawEnd()
  return Duplex.prototype.push.call(this, chunk, encoding)
}
