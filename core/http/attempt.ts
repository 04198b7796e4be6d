import type { Duplex } from 'node:stream'
import type { Outcome } from '../contracts/flow.ts'
import type { AnswerSink, Call, RawHeaders, TransportFailure } from '../contracts/transport.ts'
import { ERRORS } from '../errors.ts'
import { again } from './again.ts'
import { showPlaces } from './answer-places.ts'
import type { HttpExchange } from './exchange.ts'
import { dispatch, refuse, threw } from './forward.ts'
import { isUnavailable } from './grpc.ts'
import { cleanAnswer, headerIn } from './headers.ts'
import { isIdempotent } from './idempotent.ts'
import { showHead } from './show-head.ts'
import { splice } from './tunnel.ts'
import { watchData, watchEnd, watchHead } from './watched-answer.ts'

/** What an answer is judged by: an exchange, or a copy of it. */
type Answered = Pick<HttpExchange, 'flow' | 'generation' | 'route'>

/** One try at one endpoint: takes its answer to the exchange and its outcome to the upstream. */
export class Attempt implements AnswerSink {
  readonly #exchange: HttpExchange
  #call: Call | undefined = undefined
  #outcome: Outcome = 'ok'
  #isOver = false
  #isPaused = false
  #isResent = false

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange
  }

  started(call: Call): void {
    this.#call = call
    if (this.#isOver) call.abort()
  }

  head(status: number, text: string, headers: RawHeaders): void {
    const exchange = this.#exchange
    if (this.#isOver) return
    const { flow } = exchange
    exchange.answerLength = cleanAnswer(status, headers)
    this.#outcome = outcomeOf(exchange, status, headers)
    flow.answered(exchange.generation.host.clock.now(), this.#outcome, status)
    if (this.#outcome !== 'ok' && this.#mayGoAgain(status, headers)) return
    exchange.outcome = this.#outcome
    try {
      showPlaces(exchange, status, headers)
      watchHead(exchange, status, headers)
      const code = showHead(exchange, status, headers)
      if (exchange.isAnswered) {
        this.abort(this.#outcome)
        return
      }
      exchange.answerHead(code, text, headers, isBodiless(exchange.method, code))
      // Never has a body, whatever length it tells.
      if (status === 304) this.end([])
    } catch (error: unknown) {
      refuse(exchange, error)
    }
  }

  data(chunk: Buffer): boolean {
    if (this.#isOver) return true
    const isWanted = this.#exchange.watcher !== undefined && watchData(this.#exchange, chunk)
    const isTaken = this.#exchange.answerData(chunk)
    const brake = this.#exchange.brakes?.down
    const goesOn = brake === undefined ? isTaken : brake.passed(chunk.length, !isTaken)
    this.#isPaused = !goesOn && !isWanted
    if (!this.#isPaused && this.#exchange.isDelivered) this.#call?.recycle()
    return !this.#isPaused
  }

  end(trailers: RawHeaders): void {
    if (!this.#finish(this.#outcome)) return
    watchEnd(this.#exchange)
    this.#exchange.answerEnd(trailers)
  }

  failed(failure: TransportFailure): void {
    const exchange = this.#exchange
    if (this.#isOver) return
    if (exchange.isAnswered) {
      exchange.outcome = failure.outcome
      this.#finish(failure.outcome)
      exchange.cut()
      return
    }
    if (this.#resent(failure)) return
    if (again(exchange, { ...failure, status: 0, headers: [] })) return
    this.#finish(failure.outcome)
    exchange.isResendable = failure.sent === 'nothing' || isIdempotent(exchange.method)
    exchange.generation.host.log.warn(
      { err: failure.cause, route: exchange.route.id, endpoint: exchange.flow.endpoint?.id },
      ERRORS[failure.code].detail,
    )
    exchange.fail(failure.code)
  }

  upgraded(text: string, headers: RawHeaders, socket: Duplex): void {
    const exchange = this.#exchange
    if (this.#isOver) {
      socket.destroy()
      return
    }
    exchange.flow.answered(exchange.generation.host.clock.now(), 'ok', 101)
    try {
      showHead(exchange, 101, headers)
      if (exchange.isAnswered) {
        socket.destroy()
        this.#finish('ok')
        return
      }
      splice(exchange, text, headers, socket, this.#call, (outcome) => this.#finish(outcome))
    } catch (error: unknown) {
      socket.destroy()
      refuse(exchange, error)
    }
  }

  /**
   * The endpoint was closing the connection: that is no attempt. What it cannot have seen, and what
   * may be sent twice, goes out on a new one, as RFC 9112, 9.3.1 allows.
   */
  #resent(failure: TransportFailure): boolean {
    const exchange = this.#exchange
    const { endpoint } = exchange.flow
    const isSafe = failure.sent === 'nothing' || isIdempotent(exchange.method)
    if (!failure.reused || !isSafe || endpoint === undefined) return false
    if (this.#isResent || exchange.outgoingBody?.isReplayable === false) return false
    this.#isResent = true
    dispatch(exchange, endpoint, this, true)
    return true
  }

  #mayGoAgain(status: number, headers: RawHeaders): boolean {
    const outcome = this.#outcome
    return again(this.#exchange, { outcome, status, headers, sent: 'all', reused: false })
  }

  /** Whether the client is the one that does not take more of the answer. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  resume(): void {
    if (this.#exchange.brakes?.down.drained() === false || !this.#isPaused) return
    this.#isPaused = false
    this.#call?.resume()
  }

  /** Gives the attempt up: frees the connection and counts it, once. */
  abort(outcome: Outcome): void {
    if (this.#finish(outcome)) this.#call?.abort()
  }

  #finish(outcome: Outcome): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    const { flow } = this.#exchange
    flow.owner?.release(flow, outcome)
    return true
  }
}

/** What an answer's head says about its endpoint. */
export function outcomeOf(exchange: Answered, status: number, headers: RawHeaders): Outcome {
  const { failure } = exchange.flow.live
  if (failure !== undefined) {
    try {
      return failure({ status, header: (name) => headerIn(headers, name) })
    } catch (error: unknown) {
      threw(exchange, error)
    }
  }
  if (status === 429) return 'overload'
  if (status < 500) return isDown(exchange, headers) ? 'upstream-error' : 'ok'
  const isOverload = status === 503 && headerIn(headers, 'retry-after') !== undefined
  return isOverload ? 'overload' : 'upstream-error'
}

/** Whether an answer of gRPC's says in its head that the endpoint is unavailable. */
function isDown(exchange: Answered, headers: RawHeaders): boolean {
  if (exchange.flow.endpoint?.client.protocol !== 'h2') return false
  return isUnavailable(headerIn(headers, 'grpc-status'))
}

function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}
