import type { Chain } from '../chain.ts'
import type { Outcome } from '../contracts/flow.ts'
import { retryAfter } from '../http/retry-after.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { delayBeforeNext, type Ending, outcomeOf } from './ending.ts'
import type { Due } from './event-queue.ts'
import { showAnswer, tellFinished } from './last-facets.ts'
import { Limit } from './limit.ts'
import type { Call, Caller, ModelledEndpoint } from './modelled-endpoint.ts'
import { SimulatedExchange } from './simulated-exchange.ts'
import type { SimulatedGateway, SimulatedRoute } from './simulated-gateway.ts'
import type { Sender, Terms } from './terms.ts'

/** One request on its way through a simulated gateway: what `core/http` does, without the bytes. */
export class SimulatedRequest implements Due, Caller {
  place = -1
  readonly number: number
  readonly flow: ActiveFlow
  /** The hash of who sends it; -1 for somebody without a key. */
  readonly sender: number
  readonly arrivedAt: number
  readonly gateway: SimulatedGateway
  readonly route: SimulatedRoute
  /** Told when it is over, after the witness. */
  awaitedBy: Sender | undefined = undefined
  /** Where the attempt under way, or the last one, went. */
  model: ModelledEndpoint | undefined = undefined
  status = 0
  /** What the answer's Retry-After asks to wait, in ms; -1 where it has none. */
  retryAfterMs = -1
  readonly #terms: Terms
  #exchange: SimulatedExchange | undefined = undefined
  #call: Call | undefined = undefined
  #patience: Limit | undefined = undefined
  #deadline: Limit | undefined = undefined
  #deadlineAt = Number.POSITIVE_INFINITY
  #isOver = false

  constructor(
    number: number,
    sender: number,
    gateway: SimulatedGateway,
    route: SimulatedRoute,
    terms: Terms,
  ) {
    this.number = number
    this.flow = new ActiveFlow(route.upstream)
    this.sender = sender
    this.gateway = gateway
    this.route = route
    this.arrivedAt = terms.clock.now()
    this.#terms = terms
  }

  get method(): string {
    return this.#terms.method
  }

  get target(): string {
    return this.#terms.target
  }

  get headers(): ReadonlyMap<string, string> {
    return this.#terms.headers
  }

  get now(): number {
    return this.#terms.clock.now()
  }

  start(): void {
    const { clock, patienceMs } = this.#terms
    if (patienceMs > 0) {
      this.#patience = new Limit(this, 'client-abort')
      clock.schedule(this.#patience, patienceMs)
    }
    const { chain, upstream } = this.route
    // A plugin of the route may choose another upstream, which may have plugins.
    if (isSeen(chain) || chain.request.length > 0 || isSeen(upstream.chain)) {
      this.#exchange = new SimulatedExchange(this)
    }
    this.#ask(chain, 0)
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
    const outcome = outcomeOf(this, status, retryAfterMs)
    this.flow.answered(this.#terms.clock.now(), outcome, status)
    if (outcome === 'ok') this.#settle(outcome, status, -1)
    else this.#fail({ outcome, sent: 'all', status, retryAfterMs })
  }

  failed({ outcome, sent }: Pick<Ending, 'outcome' | 'sent'>): void {
    this.#fail({ outcome, sent, status: 0, retryAfterMs: -1 })
  }

  /** Ends it whatever it is at: the client has gone, or its time is over. */
  cut(outcome: Outcome): void {
    this.#call?.abandon()
    if (this.flow.owner === undefined) this.#end(outcome)
    else this.#settle(outcome, 0, -1)
  }

  /** Runs `request` facets in order until one answers; waits for one that gives a promise. */
  #ask({ request }: Chain, from: number): void {
    const exchange = this.#exchange
    const isInner = this.route.chain.request !== request
    try {
      for (let place = from; exchange !== undefined && place < request.length; place++) {
        if (this.#isOver || exchange.isAnswered) break
        const pending = request[place]?.request(exchange)
        if (pending === undefined) continue
        const chain = isInner ? this.flow.live.chain : this.route.chain
        const goesOn = pending.then(() => this.#ask(chain, place + 1))
        this.#terms.clock.watch(goesOn.catch((error: unknown) => this.#broke(error)))
        return
      }
    } catch (error: unknown) {
      this.#broke(error)
      return
    }
    if (exchange?.isAnswered) this.#end('local')
    else if (isInner) this.#send()
    else this.#enter()
  }

  /** Behind the route's plugins: the time limit and the plugins are the upstream's. */
  #enter(): void {
    if (this.#isOver) return
    const { chain, limits } = this.flow.live
    if (limits.requestTimeoutMs > 0) {
      this.#deadline = new Limit(this, 'timeout')
      this.#deadlineAt = this.#terms.clock.now() + limits.requestTimeoutMs
      this.#terms.clock.schedule(this.#deadline, limits.requestTimeoutMs)
    }
    this.#ask(chain, 0)
  }

  #send(): void {
    if (this.#isOver) return
    const { flow } = this
    const { clock, witness } = this.#terms
    try {
      // A strategy that hashes nothing sees no keys in a gateway either.
      if (flow.live.keyReader !== undefined) flow.key = this.sender
      const endpoint = flow.live.acquire(flow)
      if (endpoint === undefined) {
        this.status = 503
        this.retryAfterMs = Number(retryAfter(flow.live.reopensInMs)) * 1_000
        this.#end('local')
        return
      }
      const { models, connectTimeoutMs, responseTimeoutMs } = this.gateway.behind(flow.live)
      const model = models[endpoint.index] as ModelledEndpoint
      this.model = model
      witness.sent(this, model)
      const exchange = this.#exchange
      if (exchange !== undefined) {
        for (const plugin of this.route.chain.attempt) plugin.attempt(exchange, endpoint)
        for (const plugin of flow.live.chain.attempt) plugin.attempt(exchange, endpoint)
        if (exchange.isAnswered) {
          this.#settle('local', exchange.status, exchange.retryAfterMs)
          return
        }
      }
      this.#call = model.take(this, connectTimeoutMs, this.sender)
      if (responseTimeoutMs > 0) clock.schedule(this, responseTimeoutMs)
    } catch (error: unknown) {
      this.#broke(error)
    }
  }

  #fail(ending: Ending): void {
    const leftMs = this.#deadlineAt - this.#terms.clock.now()
    const delayMs = delayBeforeNext(this, ending, leftMs)
    if (!(delayMs >= 0 && delayMs < leftMs)) {
      this.#settle(ending.outcome, ending.status, ending.retryAfterMs)
      return
    }
    this.#release(ending.outcome)
    this.#terms.clock.schedule(this, delayMs)
  }

  #settle(outcome: Outcome, status: number, retryAfterMs: number): void {
    this.#release(outcome)
    this.status = status
    this.retryAfterMs = retryAfterMs
    const exchange = this.#exchange
    if (exchange !== undefined && status > 0) {
      showAnswer(this.#chains, exchange, status, this.gateway.log)
    }
    this.#end(outcome)
  }

  #release(outcome: Outcome): void {
    const { flow, model } = this
    this.#terms.clock.cancel(this)
    this.#call = undefined
    flow.live.release(flow, outcome)
    if (model !== undefined) this.#terms.witness.settled(this, model, outcome)
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return
    this.#isOver = true
    const { clock, witness } = this.#terms
    clock.cancel(this)
    if (this.#patience !== undefined) clock.cancel(this.#patience)
    if (this.#deadline !== undefined) clock.cancel(this.#deadline)
    this.#tellFinished(outcome)
    witness.over(this, outcome)
    this.awaitedBy?.over(this, outcome)
  }

  #tellFinished(outcome: Outcome): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (exchange.isAnswered) {
      this.status = exchange.status
      this.retryAfterMs = exchange.retryAfterMs
    } else exchange.status = this.status
    tellFinished(this.#chains, exchange, outcome, this.gateway.log)
  }

  get #chains(): readonly [Chain, Chain] {
    return [this.route.chain, this.flow.live.chain]
  }

  /** A plugin or a strategy threw where the request depends on it. */
  #broke(error: unknown): void {
    this.gateway.log.error({ err: error }, 'a plugin or a strategy threw')
    this.cut('local')
  }
}

function isSeen({ request, attempt, response, finished }: Chain): boolean {
  return request.length + attempt.length + response.length + finished.length > 0
}
