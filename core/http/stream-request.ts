import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { RawHeaders } from '../contracts/transport.ts'

const REQUEST = Symbol('sluice.stream-request')

type Carrier = ServerHttp2Stream & { [REQUEST]?: StreamRequest | undefined }

/**
 * The request of one HTTP/2 stream, with the face of node's `IncomingMessage`. Not node's own
 * `Http2ServerRequest`: that one ends like a whole request when the client breaks off.
 */
export class StreamRequest extends Readable {
  readonly stream: ServerHttp2Stream
  readonly socket: Socket
  readonly httpVersion = '2.0'
  readonly httpVersionMajor = 2
  readonly httpVersionMinor = 0
  method: string
  url: string
  readonly headers: IncomingHttpHeaders
  /** As HTTP/1.1 would have them; the gate fills it. */
  readonly rawHeaders: RawHeaders = []
  readonly rawTrailers: RawHeaders = []
  readonly trailers: Record<string, string> = {}
  /** Whether the client said that the request ends here. */
  complete: boolean
  aborted = false
  /** When the request began, by the monotonic clock, in ms. */
  readonly startedAt: number
  #isReading = false

  constructor(
    stream: ServerHttp2Stream,
    socket: Socket,
    headers: IncomingHttpHeaders,
    startedAt: number,
  ) {
    super({ autoDestroy: false, emitClose: false })
    this.stream = stream
    this.socket = socket
    this.method = String(headers[':method'] ?? '')
    this.url = String(headers[':path'] ?? '')
    this.headers = headers
    const authority = headers[':authority']
    if (typeof authority === 'string') headers.host ??= authority
    this.startedAt = startedAt
    this.complete = stream.endAfterHeaders
    const carrier: Carrier = stream
    carrier[REQUEST] = this
    stream.on('close', onClose)
    if (this.complete) {
      this.push(null)
      return
    }
    stream.on('trailers', onTrailers)
    stream.on('end', onEnd)
  }

  override _read(): void {
    if (this.#isReading) this.stream.resume()
    else this.stream.on('data', onData)
    this.#isReading = true
  }
}

function requestOf(stream: Carrier): StreamRequest | undefined {
  return stream[REQUEST]
}

function onData(this: Carrier, chunk: Buffer): void {
  if (requestOf(this)?.push(chunk) === false) this.pause()
}

// Node ends the stream as well when the client resets it with NO_ERROR in the middle of a body.
function onEnd(this: Carrier): void {
  const request = requestOf(this)
  if (request === undefined || this.aborted) return
  request.complete = true
  request.push(null)
}

function onTrailers(
  this: Carrier,
  trailers: IncomingHttpHeaders,
  _flags: number,
  raw: RawHeaders,
): void {
  const request = requestOf(this)
  if (request === undefined) return
  Object.assign(request.trailers, trailers)
  request.rawTrailers.push(...raw)
}

function onClose(this: Carrier): void {
  const request = requestOf(this)
  if (request === undefined) return
  this[REQUEST] = undefined
  if (!request.complete) {
    request.aborted = true
    request.emit('aborted')
  }
  request.emit('close')
}
