import type { Duplex } from 'node:stream'
import type { Cancel } from '../contracts/clock.ts'
import type { CopyLimits, RequestCopy } from '../contracts/copies.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { AnswerSink, Call, RawHeaders, TransportFailure } from '../contracts/transport.ts'
import type { Upstream } from '../contracts/upstream.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { NO_KEY } from '../upstream/flow-key.ts'
import { liveOf } from '../upstream/view.ts'
import { outcomeOf } from './attempt.ts'
import type { HttpExchange } from './exchange.ts'
import { threw } from './forward.ts'
import { type Outgoing, outgoingHeaders } from './headers.ts'
import { KeptBytes } from './kept-bytes.ts'
import type { BodyTap } from './request-body.ts'

// Enough to see that an endpoint answers in full; a copied download need not be fetched twice.
const MAX_ANSWER_BYTES = 2 ** 20

/** Copies an exchange's request as it is now; sent at once if it has no body. */
export function copyRequest(exchange: HttpExchange, upstream: Upstream, limits: CopyLimits): Copy {
  const copy = new Copy(exchange, upstream, limits)
  if (exchange.upgradeTo !== '' || exchange.isClosed) copy.abort()
  else if (!exchange.head.hasBody) copy.send(null)
  else {
    exchange.copies ??= []
    exchange.copies.push(copy)
  }
  return copy
}

/** The exchange is over: no more of its body comes. */
export function forget(copies: readonly Copy[]): void {
  for (const copy of copies) if (!copy.isSent) copy.abort()
}

/**
 * One copy of a request. The body is gathered, not streamed: no endpoint sees half a request, and
 * none can make the client wait. What it needs of the exchange is kept, what may change is copied.
 */
export class Copy implements RequestCopy, AnswerSink, BodyTap {
  readonly generation: HttpExchange['generation']
  readonly route: HttpExchange['route']
  readonly flow: ActiveFlow
  outcome: Outcome | undefined = undefined
  isOver = false
  isSent = false
  readonly #limits: CopyLimits
  readonly #outgoing: Outgoing
  readonly #method: string
  readonly #target: string
  #kept = new KeptBytes()
  #bytes = 0
  #call: Call | undefined = undefined
  #judged: Outcome = 'ok'
  #answered = 0
  #cancelTimeout: Cancel | undefined = undefined

  constructor(exchange: HttpExchange, upstream: Upstream, limits: CopyLimits) {
    const { generation, route, req, head, connection, requestEdits, hiddenCookies } = exchange
    this.generation = generation
    this.route = route
    this.flow = new ActiveFlow(liveOf(upstream))
    this.flow.key = keyOf(exchange, this.flow)
    // The first upstream's plugins may add what is for its endpoints alone, such as a credential.
    const edits = requestEdits?.copy()
    // Its own plugins do not run, and so could not say either who the client is.
    const rawHeaders = this.flow.live.chain.identity?.without(req.rawHeaders) ?? req.rawHeaders
    const sent = { rawHeaders, httpVersionMajor: req.httpVersionMajor }
    const { flow } = this
    this.#outgoing = { req: sent, head, connection, flow, requestEdits: edits, hiddenCookies }
    this.#limits = limits
    this.#method = exchange.method
    this.#target = exchange.rewritten?.target ?? head.target
  }

  took(chunk: Buffer): void {
    if (this.isOver) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#limits.maxBodyBytes) this.abort()
    else this.#kept.add(chunk)
  }

  whole(): void {
    if (!this.isOver && !this.isSent) this.send(Buffer.concat(this.#kept.pieces))
  }

  send(body: Buffer | null): void {
    this.isSent = true
    this.#kept = new KeptBytes()
    const { flow } = this
    try {
      const endpoint = flow.live.acquire(flow)
      if (endpoint === undefined) {
        this.#finish(undefined)
        return
      }
      this.#cancelTimeout = this.generation.host.clock.after(this.#limits.timeoutMs, () => {
        this.#giveUp('timeout')
      })
      const call = endpoint.client.send(
        {
          method: this.#method,
          target: this.#target,
          headers: outgoingHeaders(this.#outgoing, endpoint),
          body,
          upgrade: undefined,
          fresh: false,
          prompt: false,
        },
        this,
      )
      this.#call = call
      if (this.isOver) call.abort()
    } catch (error: unknown) {
      this.#log(error)
      this.#giveUp('local')
    }
  }

  abort(): void {
    this.#giveUp(this.isSent ? 'local' : undefined)
  }

  head(status: number, _text: string, headers: RawHeaders): void {
    if (this.isOver) return
    this.#judged = outcomeOf(this, status, headers)
    this.flow.answered(this.generation.host.clock.now(), this.#judged, status)
    // Never has a body, whatever length it tells: nothing more need be waited for.
    if (status === 304) this.#giveUp(this.#judged)
  }

  data(chunk: Buffer): boolean {
    this.#answered += chunk.length
    this.#call?.recycle()
    if (this.#answered > MAX_ANSWER_BYTES) this.#giveUp(this.#judged)
    return true
  }

  end(): void {
    this.#finish(this.#judged)
  }

  upgraded(_text: string, _headers: RawHeaders, socket: Duplex): void {
    socket.destroy()
    this.#finish('upstream-error')
  }

  failed({ outcome, cause }: TransportFailure): void {
    if (this.isOver) return
    this.#log(cause)
    this.#finish(outcome)
  }

  #giveUp(outcome: Outcome | undefined): void {
    if (this.isOver) return
    this.#finish(outcome)
    this.#call?.abort()
  }

  #finish(outcome: Outcome | undefined): void {
    if (this.isOver) return
    this.isOver = true
    this.outcome = outcome
    this.#kept = new KeptBytes()
    this.#cancelTimeout?.()
    if (outcome !== undefined) this.flow.owner?.release(this.flow, outcome)
    try {
      this.#limits.finished?.(this)
    } catch (error: unknown) {
      threw(this, error)
    }
  }

  // Nobody is waiting for a copy: its failures are not worth a line each by default.
  #log(error: unknown): void {
    this.generation.host.log.debug(
      { err: error, route: this.route.id, upstream: this.flow.live.name },
      'a copy of a request failed',
    )
  }
}

/** The upstream of a copy may hash something else than the first one, or first hash at all. */
function keyOf(exchange: HttpExchange, { live }: ActiveFlow): number {
  try {
    return live.keyReader?.ofExchange(exchange) ?? NO_KEY
  } catch (error: unknown) {
    // Nobody waits for a copy, so the request itself goes on.
    threw(exchange, error)
    return NO_KEY
  }
}
