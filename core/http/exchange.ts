import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Chain } from '../chain.ts'
import type { CopyLimits } from '../contracts/copies.ts'
import type {
  AnswerBody,
  AnswerWatcher,
  Exchange,
  Headers,
  OutgoingHead,
  Summary,
} from '../contracts/exchange.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { ERRORS, type ErrorCode, GatewayError } from '../errors.ts'
import { reset } from '../system/socket.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { type Answering, rawHeaders, throughReply } from './answer.ts'
import type { Attempt } from './attempt.ts'
import type { Connection, Pending } from './connection.ts'
import { type Copy, copyRequest, forget } from './copy.ts'
import { type ExchangeDeadline, endDeadline } from './deadline.ts'
import { carry, exchangeOf } from './exchange-carrier.ts'
import { ExchangeView } from './exchange-view.ts'
import { canStandIn, standsIn } from './fallback.ts'
import { enter } from './forward.ts'
import type { RequestHead } from './gate.ts'
import type { Generation } from './generation.ts'
import { frame, outgoingHeaders } from './headers.ts'
import { answerError, refusalOf } from './refusal.ts'
import type { RequestBody } from './request-body.ts'
import { retryAfter } from './retry-after.ts'
import type { LiveRoute } from './route.ts'
import { settleHead } from './settle-head.ts'
import { relayAnswer } from './show-head.ts'
import { summarise, type TunnelStart } from './summary.ts'

const NOTHING = new Chain([])
const NO_HEADERS: RawHeaders = []
const NO_BYTES = Buffer.alloc(0)

/** One request on Fastify's lane: plugins see `Exchange`, the parts of core/http see the rest. */
export class HttpExchange extends ExchangeView implements Exchange, Pending {
  readonly res: ServerResponse
  readonly flow: ActiveFlow
  attempt: Attempt | undefined = undefined
  copies: Copy[] | undefined = undefined
  /** Sees the endpoint's answer as well. */
  watcher: AnswerWatcher | undefined = undefined
  /** Set while the route's handler runs on Fastify's lane. */
  fastifyReply: FastifyReply | undefined = undefined
  /** The upstream's part of the chain, from the moment the exchange entered it. */
  inner: Chain = NOTHING
  /** The upstream that stands in for the one that the flow was for, until it is entered. */
  detour: ActiveFlow['live'] | undefined = undefined
  hasDetoured = false
  /** Whether it may be sent once more, for all that the last attempt did. */
  isResendable = true
  /** The request's body on its way to an endpoint. */
  outgoingBody: RequestBody | undefined = undefined
  /** When it must be over; undefined without a limit. */
  deadline: ExchangeDeadline | undefined = undefined
  /** The answer's body on its way through Fastify's reply. */
  body: Readable | undefined = undefined
  /** The protocol to upgrade to and the bytes behind the request's head; empty for none. */
  upgradeTo = ''
  earlyBytes: Buffer = NO_BYTES
  isTunnel = false
  isCut = false
  /** Whether an answer has begun. */
  isAnswered = false
  answerHeaders: RawHeaders = NO_HEADERS
  /** The length of the answer's body in bytes as its head tells it, or -1. */
  answerLength = -1
  /** Whether any of the answer's body came. */
  hasData = false
  /** Whether the exchange is over and has been counted. */
  isClosed = false
  outcome: Outcome = 'local'
  /** Whether somebody listens for the response to drain. */
  awaitsDrain = false
  readonly startedAt: number
  /** When an answer that no endpoint gave began; 0 for those of endpoints. */
  firstByteAt = 0
  /** Bytes of the answer's body handed on. */
  sent = 0
  tunnel: TunnelStart | undefined = undefined

  constructor(
    generation: Generation,
    connection: Connection,
    req: IncomingMessage,
    res: ServerResponse,
    head: RequestHead,
    route: LiveRoute,
  ) {
    super(generation, connection, req, head, route)
    this.res = res
    this.flow = new ActiveFlow(route.upstream)
    this.startedAt = generation.host.clock.now()
    carry(this, req, res)
    connection.inflight++
    connection.latest = this
    res.on('close', onClose)
  }

  get summary(): Summary {
    return summarise(this)
  }

  copyTo(upstream: Exchange['flow']['upstream'], limits: CopyLimits): Copy {
    return copyRequest(this, upstream, limits)
  }

  outgoingHead(): OutgoingHead {
    const towards = { authority: this.head.host, client: { protocol: 'h2' } } as const
    const target = this.rewritten?.target ?? this.target
    return { target, headers: outgoingHeaders(this, towards) }
  }

  watchAnswer(watcher: AnswerWatcher): void {
    this.watcher = watcher
  }

  relay(status: number, headers: RawHeaders, body: Uint8Array): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    relayAnswer(this, status, headers, body)
  }

  reply(status: number, headers: Headers = {}, body: AnswerBody = ''): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    this.whole(status, rawHeaders(headers), body)
  }

  /** Answers with a problem document of the errors table. Nothing happens if an answer has begun. */
  fail(code: ErrorCode, ...headers: RawHeaders): void {
    if (this.isAnswered || this.isClosed) return
    this.outcome = ERRORS[code].outcome
    if (canStandIn(code) && standsIn(this, ERRORS[code])) {
      if (this.detour !== undefined) enter(this)
      return
    }
    if (code === 'OVERLOADED') headers.push('retry-after', '1')
    answerError(this, ERRORS[code], headers)
  }

  refuse(status: number, detail: string, headers: Headers = {}): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    answerError(this, refusalOf(status, detail), rawHeaders(headers))
  }

  unavailable(detail: string, retryAfterMs: number): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    const refusal = refusalOf(503, detail)
    // The chain goes on to the detour by itself.
    if (this.detour !== undefined || standsIn(this, refusal)) return
    answerError(this, refusal, ['retry-after', retryAfter(retryAfterMs)])
  }

  get isComplete(): boolean {
    return this.req.complete
  }

  breakOff(code: ErrorCode): void {
    if (this.isClosed) return
    this.attempt?.abort('client-abort')
    this.res.shouldKeepAlive = false
    if (this.isAnswered) this.cut()
    else this.fail(code)
  }

  whole(status: number, headers: RawHeaders, body: AnswerBody): void {
    if (typeof body === 'string' || body instanceof Uint8Array) {
      const bytes = Buffer.byteLength(body)
      frame(headers, status, bytes)
      if (this.method !== 'HEAD') this.sent = bytes
    }
    settleHead(this, status, headers)
    this.firstByteAt = this.generation.host.clock.now()
    this.#leave()
    this.outgoingBody?.drop()
    this.#lane().whole(this, status, headers, body)
    this.isAnswered = true
  }

  answerHead(status: number, text: string, headers: RawHeaders, isBodiless: boolean): void {
    settleHead(this, status, headers)
    this.answerHeaders = headers
    this.#leave()
    this.outgoingBody?.drop()
    this.#lane().head(this, status, text, headers, isBodiless)
    this.isAnswered = true
  }

  answerData(chunk: Buffer): boolean {
    this.hasData = true
    this.sent += chunk.length
    return this.#lane().data(this, chunk)
  }

  /** Whether the kernel has taken every byte of the answer so far. */
  get isDelivered(): boolean {
    return !this.route.isFull && this.res.socket?.writableLength === 0
  }

  answerEnd(trailers: RawHeaders): void {
    this.#lane().end(this, trailers)
  }

  /** Breaks the answer off: the connection ends, so that no client takes it for a whole one. */
  cut(): void {
    this.isCut = true
    // For HTTP/1.0 the end of the connection is the end of the body: only a reset says otherwise.
    if (this.req.httpVersion === '1.0') reset(this.res.socket)
    this.#lane().cut(this)
  }

  /** The answer went out, or the client went away. Counts the exchange, once. */
  closed(): void {
    if (this.isClosed) return
    this.isClosed = true
    endDeadline(this)
    const isDelivered = this.connection.isReal ? this.res.writableFinished : this.res.writableEnded
    if (!isDelivered && !this.isTunnel && !this.isCut) this.outcome = 'client-abort'
    this.attempt?.abort('client-abort')
    if (this.copies !== undefined) forget(this.copies)
    this.connection.ended(this.res.shouldKeepAlive)
    this.generation.finished(this)
  }

  resume(): void {
    this.attempt?.resume()
  }

  #leave(): void {
    const { lifecycle } = this.generation.host
    if (this.connection.isOver || lifecycle.endsConnection()) this.res.shouldKeepAlive = false
  }

  // Before the route's handler runs there is no reply: answers then go straight out.
  #lane(): Answering {
    const isStraight = this.fastifyReply === undefined || !this.route.isFull
    return isStraight ? this.connection.straight : throughReply
  }
}

function onClose(this: ServerResponse): void {
  exchangeOf(this)?.closed()
}
