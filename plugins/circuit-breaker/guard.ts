import type { Cancel, Endpoint, Flow, Gate, Hold, Outcome, Upstream } from '#core'
import { Breaker, type Surroundings } from './breaker.ts'
import type { State } from './state.ts'
import { voteOf } from './verdict.ts'

/**
 * A breaker and the endpoints that it keeps flows from: one, or all of an upstream. Open, they are
 * held; half-open, a gate lets in as many as there are permits; then a growing share.
 */
export class Guard implements Gate {
  readonly breaker: Breaker
  readonly #upstream: Upstream
  readonly #members = new Set<Endpoint>()
  #holds: Hold[] = []
  #gates: Cancel[] = []
  /** Probes under way, with the period that each began in. */
  #probes: Map<Readonly<Flow>, number> | undefined = undefined

  constructor(upstream: Upstream, name: string, surroundings: Surroundings) {
    this.#upstream = upstream
    this.breaker = new Breaker(name, upstream.name, surroundings, (state) => this.#moved(state))
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  add(endpoint: Endpoint): void {
    this.#members.add(endpoint)
    const { state } = this.breaker
    if (this.#gates.length > 0) this.#gates.push(this.#upstream.gate(endpoint, this))
    if (state.kind === 'open') this.#hold(endpoint, state.cause)
  }

  remove(endpoint: Endpoint): void {
    this.#members.delete(endpoint)
  }

  admits(_endpoint: Endpoint, point: number): boolean {
    return point < this.breaker.share
  }

  took(_endpoint: Endpoint, flow: Readonly<Flow>): void {
    const { breaker } = this
    const { state } = breaker
    if (state.kind === 'half-open') {
      breaker.begin()
      this.#probes ??= new Map()
      this.#probes.set(flow, state.period)
    } else if (state.kind === 'closed' && breaker.share >= 1) this.#ungate()
  }

  /** The head of an answer came: what it says counts now, however long the rest of it takes. */
  answered(flow: Readonly<Flow>): void {
    if (!this.#isPresent(flow)) return
    const { verdict = 'ok', status, awaitedSince, answeredAt } = flow
    this.breaker.vote(voteOf(verdict, status), verdict, answeredAt - awaitedSince)
  }

  /** An attempt is over. */
  ended(flow: Readonly<Flow>, outcome: Outcome, latencyMs: number): void {
    const isPresent = this.#isPresent(flow)
    if (this.#probes?.delete(flow) && this.#probes.size === 0) this.#probes = undefined
    if (!isPresent) return
    const { verdict, status } = flow
    const vote = voteOf(outcome, status)
    if (verdict === undefined) this.breaker.vote(vote, outcome, latencyMs)
    // A tunnel counts by its handshake alone.
    else if (vote === 'failure' && verdict === 'ok' && status !== 101) {
      this.#brokeOff(voteOf(verdict, status), outcome, latencyMs)
    }
  }

  dispose(): void {
    this.breaker.dispose()
  }

  #brokeOff(before: 'success' | 'failure' | 'ignored', outcome: Outcome, latencyMs: number): void {
    if (before === 'success') this.breaker.revoke(outcome, latencyMs)
    else this.breaker.vote('failure', outcome, latencyMs)
  }

  /** Whether an attempt began in the present period, and under the rules of that. */
  #isPresent(flow: Readonly<Flow>): boolean {
    const { state } = this.breaker
    const period = this.#probes?.get(flow)
    if (period !== undefined) return period === state.period
    return state.kind === 'closed' && flow.startedAt >= state.since
  }

  #moved(state: State): void {
    if (state.kind === 'open') {
      for (const endpoint of this.#members) this.#hold(endpoint, state.cause)
      if (this.#gates.length > 0) return
      for (const endpoint of this.#members) this.#gates.push(this.#upstream.gate(endpoint, this))
      return
    }
    const cause = state.kind === 'half-open' ? 'probes may come' : 'the breaker is closed'
    for (const hold of this.#holds) hold.release(cause)
    this.#holds = []
    if (state.kind === 'closed' && this.breaker.share >= 1) this.#ungate()
  }

  #hold(endpoint: Endpoint, cause: string): void {
    const forMs = Math.max(1, this.breaker.retryInMs)
    this.#holds.push(this.#upstream.hold(endpoint, 'breaker', { cause, forMs }))
  }

  #ungate(): void {
    for (const cancel of this.#gates) cancel()
    this.#gates = []
  }
}
