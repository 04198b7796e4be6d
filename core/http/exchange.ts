import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Chain } from '../chain.ts'
import type { AnswerBody, Client, Exchange, Headers } from '../contracts/exchange.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Params } from '../contracts/router.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { ERRORS, type ErrorCode, GatewayError } from '../errors.ts'
import { reset } from '../system/socket.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { type Answering, rawHeaders, throughReply } from './answer.ts'
import type { Attempt } from './attempt.ts'
import type { Connection, Pending } from './connection.ts'
import { type ExchangeDeadline, endDeadline } from './deadline.ts'
import { errorAnswer } from './error-answer.ts'
import type { RequestHead } from './gate.ts'
import type { Generation } from './generation.ts'
import { HeaderEdits } from './header-edits.ts'
import { frame, headerIn, refuseFraming } from './headers.ts'
import type { RequestBody } from './request-body.ts'
import type { LiveRoute } from './route.ts'

const EXCHANGE = Symbol('sluice.exchange')

type Carrier = object & { [EXCHANGE]?: HttpExchange }

/** The exchange that a request or response of node's belongs to. */
export function exchangeOf(carrier: Carrier): HttpExchange | undefined {
  return carrier[EXCHANGE]
}

let exchanges = 0
const NOTHING = new Chain([])
const NO_HEADERS: RawHeaders = []
const NO_BYTES = Buffer.alloc(0)

/** One request on Fastify's lane: plugins see `Exchange`, the parts of core/http see the rest. */
export class HttpExchange implements Exchange, Pending {
  readonly generation: Generation
  readonly connection: Connection
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly head: RequestHead
  readonly route: LiveRoute
  readonly flow: ActiveFlow
  /** The attempt under way. */
  attempt: Attempt | undefined = undefined
  requestEdits: HeaderEdits | undefined = undefined
  answerEdits: HeaderEdits | undefined = undefined
  /** Set while the route's handler runs on Fastify's lane. */
  fastifyReply: FastifyReply | undefined = undefined
  /** The upstream's part of the chain, from the moment the exchange entered it. */
  inner: Chain = NOTHING
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
  /** Whether everything so far ran within the event that brought the request. */
  isPrompt: boolean
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
  readonly #answering: Answering
  #number = 0
  #client: Client | undefined = undefined
  #params: Params | undefined = undefined

  constructor(
    generation: Generation,
    connection: Connection,
    req: IncomingMessage,
    res: ServerResponse,
    head: RequestHead,
    route: LiveRoute,
  ) {
    this.generation = generation
    this.connection = connection
    this.req = req
    this.res = res
    this.head = head
    this.route = route
    this.flow = new ActiveFlow(route.upstream)
    this.#answering = route.isFull ? throughReply : connection.straight
    const carriers: [Carrier, Carrier] = [req, res]
    for (const carrier of carriers) carrier[EXCHANGE] = this
    this.isPrompt = connection.isReal
    connection.inflight++
    connection.latest = this
    res.on('close', onClose)
  }

  get id(): string {
    this.#number ||= ++exchanges
    return `${this.generation.host.instanceId}-${this.#number.toString(36)}`
  }

  get method(): string {
    return this.req.method ?? ''
  }

  get target(): string {
    return this.head.target
  }

  get params(): Params {
    this.#params ??= this.generation.paramsOf(this.route, this.head.path)
    return this.#params
  }

  get client(): Client {
    this.#client ??= this.connection.client(this.req.rawHeaders)
    return this.#client
  }

  header(name: string): string | undefined {
    // The host that was routed: a target in absolute form may name another than the Host line.
    if (name.length === 4 && name.toLowerCase() === 'host') return this.head.host || undefined
    return headerIn(this.req.rawHeaders, name)
  }

  setHeader(name: string, value: string): void {
    refuseFraming(name)
    this.requestEdits ??= new HeaderEdits()
    this.requestEdits.set(name, value)
  }

  removeHeader(name: string): void {
    this.requestEdits ??= new HeaderEdits()
    this.requestEdits.remove(name)
  }

  setAnswerHeader(name: string, value: string): void {
    this.answerEdits ??= new HeaderEdits()
    this.answerEdits.set(name, value)
  }

  addAnswerHeader(name: string, value: string): void {
    this.answerEdits ??= new HeaderEdits()
    this.answerEdits.add(name, value)
  }

  reply(status: number, headers: Headers = {}, body: AnswerBody = ''): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    this.whole(status, rawHeaders(headers), body)
  }

  /** Answers with a problem document of the errors table. Nothing happens if an answer has begun. */
  fail(code: ErrorCode, ...headers: RawHeaders): void {
    if (this.isAnswered || this.isClosed) return
    this.outcome = ERRORS[code].outcome
    this.whole(...errorAnswer(this, code, headers))
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
      frame(headers, status, Buffer.byteLength(body))
    }
    this.answerEdits?.applyTo(headers)
    if (this.generation.host.lifecycle.isDraining) this.res.shouldKeepAlive = false
    this.outgoingBody?.drop()
    this.#lane().whole(this, status, headers, body)
    this.isAnswered = true
  }

  answerHead(status: number, text: string, headers: RawHeaders, isBodiless: boolean): void {
    this.answerEdits?.applyTo(headers)
    this.answerHeaders = headers
    if (this.generation.host.lifecycle.isDraining) this.res.shouldKeepAlive = false
    this.outgoingBody?.drop()
    this.#lane().head(this, status, text, headers, isBodiless)
    this.isAnswered = true
  }

  answerData(chunk: Buffer): boolean {
    this.hasData = true
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
    this.connection.ended(this.res.shouldKeepAlive)
    this.generation.finished(this)
  }

  /** The client can take more. */
  resume(): void {
    this.attempt?.resume()
  }

  // Before the route's handler runs there is no reply: answers then go straight out.
  #lane(): Answering {
    return this.fastifyReply === undefined ? this.connection.straight : this.#answering
  }
}

function onClose(this: ServerResponse): void {
  exchangeOf(this)?.closed()
}
