import type { EventEmitter } from 'node:events'
import { constants, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'
import type { RawHeaders } from '../contracts/transport.ts'
import { inNextTurn } from '../system/turn.ts'
import { check } from './header-edits.ts'
import * as is from './header-names.ts'
import type { StreamRequest } from './stream-request.ts'

const WITH_TRAILERS = { waitForTrailers: true }
const HEAD_ONLY = { endStream: true }
const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants

/** What is used here of node's class, whose types lack some of it and allow no accessors. */
interface NodeResponse extends EventEmitter {
  req: unknown
  readonly stream: ServerHttp2Stream & { readonly headRequest: boolean }
  readonly writableEnded: boolean
  setTrailer(name: string, value: readonly string[]): void
  flushHeaders(): void
  end(body?: string | Uint8Array): void
  destroy(): void
}

const NodeResponse = Http2ServerResponse as unknown as new (
  stream: ServerHttp2Stream,
) => NodeResponse

/**
 * The answer on one HTTP/2 stream. Fastify uses it as node made it; the straight way holds a head
 * until it is known whether a body follows, so that an answer without one is one frame.
 */
export class StreamResponse extends NodeResponse {
  /** Means nothing here: streams end, connections stay. */
  shouldKeepAlive = true
  /** Whether it was broken off here, by no doing of the client's. */
  isCut = false
  readonly #request: StreamRequest
  #head: RawHeaders | undefined = undefined
  #isOver = false
  #hasTrailers = false

  constructor(stream: ServerHttp2Stream, request: StreamRequest) {
    super(stream)
    this.#request = request
    this.req = request
    this.once('close', this.#over)
    // Node forgets to tell of the end of a HEAD that was never answered.
    stream.once('close', () => {
      if (!this.#isOver) this.emit('close')
      request.over()
    })
    if (!request.complete) stream.on('finish', this.#dropRequest)
  }

  /** Bytes go through the session, whose buffers are not this answer's. */
  get socket(): undefined {
    return undefined
  }

  // For a HEAD node ends the stream at once, answer or not.
  get writableFinished(): boolean {
    return this.writableEnded && this.stream.writableFinished
  }

  /** Takes a head, and sends it once it is known what follows. @throws what cannot be a header */
  hold(status: number, headers: RawHeaders): void {
    if (status > 599) throw new RangeError(`HTTP/2 of node knows no status ${status}`)
    const head: RawHeaders = [':status', String(status)]
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      const value = headers[i + 1] as string
      if (BETWEEN_HOPS.has(is.meaningOf(name))) continue
      check(name, value)
      head.push(name, value)
    }
    this.#head = head
  }

  /** Sends a piece of the body; false asks to wait for `drain`. */
  send(chunk: Buffer): boolean {
    if (this.#isGone) return true
    this.#respond(WITH_TRAILERS)
    return this.stream.write(chunk)
  }

  /** Ends the answer, with a last piece of its body or without. */
  finish(body?: string | Uint8Array): void {
    const { stream } = this
    const isEmpty = body === undefined || body.length === 0 || stream.headRequest
    if (!this.#isGone && this.#head !== undefined) {
      const isHeadOnly = isEmpty && !this.#hasTrailers
      this.#respond(isHeadOnly ? HEAD_ONLY : WITH_TRAILERS)
    }
    if (isEmpty) super.end()
    else super.end(body)
  }

  /** Takes trailers in pairs. What could be none is left out: it is too late to refuse it. */
  addTrailers(trailers: readonly (readonly [string, string])[]): void {
    const lines = new Map<string, string[]>()
    for (const [name, value] of trailers) {
      const isFit = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[^\t\x20-\xff]/.test(value)
      if (!isFit || is.meaningOf(name) !== is.PLAIN) continue
      const key = name.toLowerCase()
      const known = lines.get(key)
      if (known === undefined) lines.set(key, [value])
      else known.push(value)
    }
    for (const [name, values] of lines) this.setTrailer(name, values)
    this.#hasTrailers ||= lines.size > 0
  }

  override flushHeaders(): void {
    if (this.#head === undefined) super.flushHeaders()
    else if (!this.#isGone) this.#respond(WITH_TRAILERS)
  }

  /** Breaks the answer off, so that no client takes what it has for all of it. */
  override destroy(): void {
    const { stream } = this
    if (stream.destroyed || stream.closed) return
    this.isCut = true
    stream.close(NGHTTP2_INTERNAL_ERROR)
  }

  get #isGone(): boolean {
    return this.stream.destroyed || this.stream.closed
  }

  #respond(options: object): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    this.stream.respond(head as never, options)
  }

  readonly #over = (): void => {
    this.#isOver = true
  }

  // RFC 9113, 8.1: whoever has the whole answer need not go on sending. The turn lets trailers out.
  readonly #dropRequest = (): void => {
    inNextTurn(() => {
      const isDue = this.writableEnded && !this.#request.complete
      if (isDue && !this.#isGone) this.stream.close(NGHTTP2_NO_ERROR)
    })
  }
}

const BETWEEN_HOPS: ReadonlySet<number> = new Set([
  ...[is.HOP, is.CONNECTION, is.TRANSFER_ENCODING, is.UPGRADE],
])
