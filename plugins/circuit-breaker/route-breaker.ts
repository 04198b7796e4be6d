import {
  type AnswerHead,
  contextKey,
  type Exchange,
  type Json,
  type Outcome,
  type Plugin,
} from '#core'
import { Breaker, type Surroundings } from './breaker.ts'
import { voteOf } from './verdict.ts'

/** The period that a probe began in; -1 for one that has been counted. */
const PROBE = contextKey<number>('circuit-breaker probe')
const COUNTED = -1
const SWITCHED = 101

/** A breaker of a route: it counts exchanges, whatever attempts they took, and refuses them itself. */
export class RouteBreaker implements Plugin {
  readonly #breaker: Breaker
  readonly #surroundings: Surroundings

  constructor(route: string, surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#breaker = new Breaker(route, route, surroundings, () => {})
  }

  /** Nothing to watch: what it sees of the route's upstreams is whose status it is asked for. */
  upstream(): void {}

  status(): Json {
    return { [this.#breaker.name]: this.#breaker.status }
  }

  request(exchange: Exchange): void {
    const { state } = this.#breaker
    if (state.kind !== 'closed') this.#probe(exchange)
    else if (state.period > 0 && this.#breaker.share < 1) this.#ramp(exchange)
  }

  response(exchange: Exchange, { status }: AnswerHead): void {
    const { flow } = exchange
    const period = flow.context.get(PROBE)
    // A probe has its answer; a tunnel counts by its handshake, or it would count hours later.
    if (period === undefined && status !== SWITCHED) return
    if (period === undefined ? !this.#isPresent(exchange) : period !== this.#breaker.state.period)
      return
    if (period !== undefined) flow.context.set(PROBE, COUNTED)
    const { verdict = 'ok', answeredAt, awaitedSince } = flow
    this.#breaker.vote(voteOf(verdict, flow.status), verdict, answeredAt - awaitedSince)
  }

  finished(exchange: Exchange, outcome: Outcome): void {
    const { flow } = exchange
    const period = flow.context.get(PROBE)
    const isPresent =
      period === undefined
        ? flow.status !== SWITCHED && this.#isPresent(exchange)
        : period === this.#breaker.state.period
    if (!isPresent) return
    const until = flow.answeredAt || this.#surroundings.clock.now()
    this.#breaker.vote(voteOf(outcome, flow.status), outcome, until - flow.awaitedSince)
  }

  dispose(): void {
    this.#breaker.dispose()
  }

  #probe(exchange: Exchange): void {
    const { state } = this.#breaker
    if (state.kind !== 'half-open' || state.permits === 0) {
      this.#refuse(exchange)
      return
    }
    this.#breaker.begin()
    exchange.flow.context.set(PROBE, state.period)
  }

  #ramp(exchange: Exchange): void {
    if (this.#surroundings.rng.unit() >= this.#breaker.share) this.#refuse(exchange)
  }

  #refuse(exchange: Exchange): void {
    this.#breaker.circuit.toldRefused()
    exchange.unavailable('The circuit breaker is open.', this.#breaker.retryInMs)
  }

  /** One that asked nobody says nothing; nor does one of an earlier period. */
  #isPresent({ flow: { attempt, startedAt } }: Exchange): boolean {
    const { state } = this.#breaker
    return attempt > 0 && state.kind === 'closed' && startedAt >= state.since
  }
}
