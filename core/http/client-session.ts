import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { ResolvedListener } from '../config/resolved.ts'
import type { Clock } from '../contracts/clock.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { exchangeOf } from './exchange-carrier.ts'
import { ResetAllowance } from './reset-allowance.ts'
import { StreamPaces } from './stream-pace.ts'
import { StreamRequest } from './stream-request.ts'
import { StreamResponse } from './stream-response.ts'

/** Takes the request of one stream, its headers as they came. */
export type ServeStream = (req: StreamRequest, res: StreamResponse, received: RawHeaders) => void

/** What a listener's config says of its sessions. */
export type SessionLimits = Pick<
  ResolvedListener,
  'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'maxHeaderSize' | 'minRate'
>

const { NGHTTP2_ENHANCE_YOUR_CALM } = constants

/** One HTTP/2 connection of a client: each stream is a request, and what takes too long ends. */
export class ClientSession {
  readonly #session: ServerHttp2Session
  readonly #clock: Clock
  readonly #serve: ServeStream
  readonly #socket: Socket
  readonly #resets: ResetAllowance
  /** Requests whose end is still to come. */
  readonly #arriving = new Set<StreamRequest>()
  readonly #streams = new Set<StreamResponse>()
  readonly #paces = new StreamPaces()
  #idleSince: number
  #hasSpoken = false
  #closingSince = -1
  #written = -1
  #hadMoreToSend = false
  #movedAt: number

  constructor(session: ServerHttp2Session, socket: Socket, clock: Clock, serve: ServeStream) {
    this.#session = session
    this.#clock = clock
    this.#serve = serve
    this.#socket = socket
    this.#idleSince = clock.now()
    this.#movedAt = this.#idleSince
    this.#resets = new ResetAllowance(this.#idleSince)
    session.once('remoteSettings', () => {
      this.#hasSpoken = true
    })
    session.on('stream', (stream, headers, _flags, received) =>
      this.#take(stream, headers, received as unknown as RawHeaders),
    )
  }

  /** Whether the client has nothing under way, after it spoke. */
  get isIdle(): boolean {
    return this.#hasSpoken && this.#streams.size === 0
  }

  /**
   * Says goodbye with the last stream that was taken: a client may safely send later ones again.
   * No notice goes before it (RFC 9113, 6.8): node has none, and nghttp2 takes no stream after it.
   */
  drain(): void {
    const session = this.#session
    if (session.destroyed || session.closed) return
    this.#closingSince = this.#clock.now()
    session.close()
  }

  destroy(): void {
    const isCut = this.#streams.size > 0
    this.#session.destroy()
    // Node waits for the peer to close its side.
    if (isCut) this.#socket.destroy()
    else this.#socket.destroySoon()
  }

  /** Ends what takes too long: silence, requests that do not arrive, an answer to our goodbye. */
  look(now: number, limits: SessionLimits): void {
    const { requestTimeout, headersTimeout, keepAliveTimeout, minRate } = limits
    const { bytesRead, bytesWritten } = this.#socket
    this.#paces.look(this.#streams, now, minRate, bytesRead + bytesWritten)
    if (requestTimeout > 0) {
      for (const request of this.#arriving) {
        if (now - request.startedAt <= requestTimeout) continue
        this.#arriving.delete(request)
        exchangeOf(request)?.breakOff('REQUEST_TIMEOUT')
      }
    }
    if (keepAliveTimeout > 0 && this.#isStuck(now, keepAliveTimeout)) {
      this.#socket.destroy()
      return
    }
    if (this.#session.destroyed && this.#closingSince < 0) this.#closingSince = now
    if (this.#closingSince >= 0) {
      const isOver = this.#streams.size === 0 && now - this.#closingSince > headersTimeout
      if (isOver) this.#socket.destroy()
      return
    }
    const patience = this.#hasSpoken ? keepAliveTimeout : headersTimeout
    const isIdle = this.#streams.size === 0 && now - this.#idleSince > patience
    if (!isIdle || patience === 0) return
    if (this.#hasSpoken) this.drain()
    else this.destroy()
  }

  /**
   * Whether nothing of what waits to be sent has left for so long. Node may not hear of the end of
   * a connection while it writes, and may lose a write for good (nodejs/node#61304).
   */
  #isStuck(now: number, patienceMs: number): boolean {
    const { bytesWritten } = this.#socket
    const hadMore = this.#hadMoreToSend
    this.#hadMoreToSend = this.#hasMoreToSend()
    const isStill = hadMore && this.#hadMoreToSend && bytesWritten === this.#written
    if (!isStill) this.#movedAt = now
    this.#written = bytesWritten
    return now - this.#movedAt > patienceMs
  }

  #hasMoreToSend(): boolean {
    const session = this.#session
    if (session.destroyed) return false
    if ((session.state.outboundQueueSize ?? 0) > 0) return true
    for (const { stream } of this.#streams) if (stream.writableLength > 0) return true
    return false
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, received: RawHeaders): void {
    stream.on('error', ignore)
    if (stream.destroyed || stream.closed) {
      this.#wasReset()
      return
    }
    const request = new StreamRequest(stream, this.#socket, headers, this.#clock.now())
    const response = new StreamResponse(stream, request)
    this.#streams.add(response)
    if (!request.complete) {
      this.#arriving.add(request)
      request.once('end', () => this.#arriving.delete(request))
    }
    response.once('close', () => this.#gone(request, response))
    this.#serve(request, response, received)
  }

  #gone(request: StreamRequest, response: StreamResponse): void {
    this.#arriving.delete(request)
    this.#streams.delete(response)
    this.#paces.forget(response)
    if (this.#streams.size === 0) this.#idleSince = this.#clock.now()
    if (!response.writableFinished && !response.isCut) this.#wasReset()
  }

  /** Ends a session that opens streams to reset them (CVE-2023-44487). */
  #wasReset(): void {
    const session = this.#session
    if (session.destroyed || this.#resets.take(this.#clock.now())) return
    session.goaway(NGHTTP2_ENHANCE_YOUR_CALM)
    session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM)
  }
}

// What ended a stream is known from its request and its answer.
function ignore(): void {}
