import type { Outcome } from '../contracts/flow.ts'
import { AnswerHeaders } from '../http/answer-headers.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { delayBeforeNext, type Ending, outcomeOf } from './ending.ts'
import type { Due } from './event-queue.ts'
import { Limit } from './limit.ts'
import type { Call, Caller } from './modelled-endpoint.ts'
import { SimulatedExchange } from './simulated-exchange.ts'
import type { SimulatedGateway } from './simulated-gateway.ts'
import type { Terms } from './terms.ts'

/** One request on its way through a simulated gateway: what `core/http` does, without the bytes. */
export class SimulatedRequest implements Due, Caller {
  place = -1
  readonly number: number
  readonly flow: ActiveFlow
  /** The hash of who sends it; -1 for somebody without a key. */
  readonly sender: number
  readonly arrivedAt: number
  readonly gateway: SimulatedGateway
  readonly #terms: Terms
  #exchange: SimulatedExchange | undefined = undefined
  #call: Call | undefined = undefined
  #patience: Limit | undefined = undefined
  #deadline: Limit | undefined = undefined
  #deadlineAt = Number.POSITIVE_INFINITY
  #status = 0
  #isOver = false

  constructor(number: number, sender: number, gateway: SimulatedGateway, terms: Terms) {
    this.number = number
    this.flow = new ActiveFlow(gateway.upstream)
    this.sender = sender
    // A strategy that hashes nothing sees no keys in a gateway either.
    if (gateway.upstream.keyReader !== undefined) this.flow.key = sender
    this.gateway = gateway
    this.arrivedAt = terms.clock.now()
    this.#terms = terms
  }

  get method(): string {
    return this.#terms.method
  }

  get now(): number {
    return this.#terms.clock.now()
  }

  start(): void {
    const { chain, limits } = this.gateway.upstream
    const { clock, patienceMs } = this.#terms
    if (patienceMs > 0) {
      this.#patience = new Limit(this, 'client-abort')
      clock.schedule(this.#patience, patienceMs)
    }
    if (limits.requestTimeoutMs > 0) {
      this.#deadline = new Limit(this, 'timeout')
      this.#deadlineAt = this.arrivedAt + limits.requestTimeoutMs
      clock.schedule(this.#deadline, limits.requestTimeoutMs)
    }
    const { request, attempt, response, finished } = chain
    if (request.length + attempt.length + response.length + finished.length > 0) {
      this.#exchange = new SimulatedExchange(this)
    }
    this.#ask(0)
  }

  /** The endpoint let a time pass, or the wait before another attempt is over. */
  due(): void {
    if (this.#call === undefined) {
      this.#send()
      return
    }
    this.#call.abandon()
    this.#fail({ outcome: 'timeout', sent: 'all', status: 0, retryAfterMs: -1 })
  }

  answered(status: number, retryAfterMs: number): void {
    const outcome = outcomeOf(this.gateway, status, retryAfterMs)
    this.flow.answered(this.#terms.clock.now(), outcome, status)
    if (outcome === 'ok') this.#settle(outcome, status)
    else this.#fail({ outcome, sent: 'all', status, retryAfterMs })
  }

  failed({ outcome, sent }: Pick<Ending, 'outcome' | 'sent'>): void {
    this.#fail({ outcome, sent, status: 0, retryAfterMs: -1 })
  }

  /** Ends it whatever it is at: the client has gone, or its time is over. */
  cut(outcome: Outcome): void {
    this.#call?.abandon()
    if (this.flow.owner === undefined) this.#end(outcome)
    else this.#settle(outcome, 0)
  }

  /** Runs `request` facets in order until one answers; waits for one that gives a promise. */
  #ask(from: number): void {
    const exchange = this.#exchange
    const { request } = this.gateway.upstream.chain
    try {
      for (let place = from; exchange !== undefined && place < request.length; place++) {
        if (this.#isOver || exchange.isAnswered) break
        const pending = request[place]?.request(exchange)
        if (pending === undefined) continue
        const goesOn = pending.then(() => this.#ask(place + 1))
        this.#terms.clock.watch(goesOn.catch((error: unknown) => this.#broke(error)))
        return
      }
    } catch (error: unknown) {
      this.#broke(error)
      return
    }
    if (exchange?.isAnswered) this.#end('local')
    else this.#send()
  }

  #send(): void {
    if (this.#isOver) return
    const { gateway, flow } = this
    const { clock, witness } = this.#terms
    try {
      const endpoint = gateway.upstream.acquire(flow)
      if (endpoint === undefined) {
        this.#status = 503
        this.#end('local')
        return
      }
      witness.sent(this, endpoint)
      const exchange = this.#exchange
      if (exchange !== undefined) {
        for (const plugin of gateway.upstream.chain.attempt) plugin.attempt(exchange, endpoint)
        if (exchange.isAnswered) {
          this.#settle('local', exchange.status)
          return
        }
      }
      this.#call = gateway.model(endpoint).take(this, gateway.connectTimeoutMs)
      if (gateway.responseTimeoutMs > 0) clock.schedule(this, gateway.responseTimeoutMs)
    } catch (error: unknown) {
      this.#broke(error)
    }
  }

  #fail(ending: Ending): void {
    const leftMs = this.#deadlineAt - this.#terms.clock.now()
    const delayMs = delayBeforeNext(this, ending, leftMs)
    if (!(delayMs >= 0 && delayMs < leftMs)) {
      this.#settle(ending.outcome, ending.status)
      return
    }
    this.#release(ending.outcome)
    this.#terms.clock.schedule(this, delayMs)
  }

  #settle(outcome: Outcome, status: number): void {
    this.#release(outcome)
    this.#status = status
    const exchange = this.#exchange
    const { response } = this.gateway.upstream.chain
    if (exchange !== undefined && status > 0 && response.length > 0) {
      const answer = new AnswerHeaders(status, [])
      for (const plugin of response) this.#guarded(() => plugin.response(exchange, answer))
    }
    this.#end(outcome)
  }

  #release(outcome: Outcome): void {
    const { flow, gateway } = this
    this.#terms.clock.cancel(this)
    this.#call = undefined
    gateway.upstream.release(flow, outcome)
    if (flow.endpoint !== undefined) this.#terms.witness.settled(this, flow.endpoint, outcome)
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return
    this.#isOver = true
    const { clock, witness } = this.#terms
    clock.cancel(this)
    if (this.#patience !== undefined) clock.cancel(this.#patience)
    if (this.#deadline !== undefined) clock.cancel(this.#deadline)
    const exchange = this.#exchange
    if (exchange !== undefined) {
      exchange.status ||= this.#status
      for (const plugin of this.gateway.upstream.chain.finished) {
        this.#guarded(() => plugin.finished(exchange, outcome))
      }
    }
    witness.over(this, outcome)
  }

  /** A plugin or a strategy threw where the request depends on it. */
  #broke(error: unknown): void {
    this.#threw(error)
    this.cut('local')
  }

  #guarded(run: () => void): void {
    try {
      run()
    } catch (error: unknown) {
      this.#threw(error)
    }
  }

  #threw(error: unknown): void {
    this.gateway.log.error({ err: error }, 'a plugin or a strategy threw')
  }
}
