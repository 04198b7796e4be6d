import type { Outcome } from 'sluice'

export interface ReferenceRules {
  readonly consecutive: number
  readonly failureRate: number
  readonly slowRate: number
  readonly slowMs: number
  readonly minCalls: number
  readonly windowMs: number
  readonly openMs: number
  readonly maxOpenMs: number
  readonly permits: number
  readonly successes: number
}

/** A call that was let in. */
export interface Call {
  readonly period: number
  readonly beganAt: number
  head: 'none' | 'success' | 'failure' | 'ignored'
  isTunnel: boolean
}

/**
 * A circuit breaker as one would write it down without a thought for cost: it remembers every vote,
 * and asks each call in which period it began.
 */
export class Reference {
  kind: 'closed' | 'open' | 'half-open' = 'closed'
  period = 0
  run = 0
  reopenings = 0
  closedAt = Number.NEGATIVE_INFINITY
  until = 0
  probing = 0
  successes = 0
  votes: { at: number; failure: boolean; slow: boolean; isCall: boolean }[] = []
  readonly #rules: ReferenceRules

  constructor(rules: ReferenceRules) {
    this.#rules = rules
  }

  passed(now: number): void {
    if (this.kind !== 'open' || now < this.until) return
    this.#enter('half-open')
    this.probing = 0
    this.successes = 0
  }

  begin(now: number): Call | undefined {
    if (this.kind === 'open') return undefined
    if (this.kind === 'half-open') {
      if (this.probing >= this.#rules.permits) return undefined
      this.probing++
    }
    return { period: this.period, beganAt: now, head: 'none', isTunnel: false }
  }

  head(call: Call, status: number, now: number): void {
    const vote = status >= 500 ? 'failure' : status >= 400 && status !== 101 ? 'ignored' : 'success'
    call.head = vote
    call.isTunnel = status === 101
    if (call.period === this.period) this.#vote(vote, now - call.beganAt, now)
  }

  end(call: Call, outcome: Outcome, now: number): void {
    if (call.period !== this.period) return
    const isFailure = !['ok', 'client-abort', 'local'].includes(outcome)
    if (call.head === 'none') this.#vote(isFailure ? 'failure' : 'ignored', now - call.beganAt, now)
    else if (isFailure && !call.isTunnel && call.head !== 'failure') this.#cut(call, now)
  }

  counts(now: number): { calls: number; failures: number; slow: number } {
    const slotMs = this.#rules.windowMs / 10
    const slot = Math.floor(now / slotMs)
    const left = this.votes.filter(({ at }) => Math.floor(at / slotMs) > slot - 10)
    return {
      calls: left.filter(({ isCall }) => isCall).length,
      failures: left.filter(({ failure }) => failure).length,
      slow: left.filter(({ slow }) => slow).length,
    }
  }

  /** The success that was counted becomes a failure. */
  #cut(call: Call, now: number): void {
    if (this.kind === 'half-open') {
      this.#open(now)
      return
    }
    const isCall = call.head === 'ignored'
    const slow = isCall && now - call.beganAt >= this.#rules.slowMs
    this.votes.push({ at: now, failure: true, slow, isCall })
    this.run++
    this.#judge(now)
  }

  #vote(vote: 'success' | 'failure' | 'ignored', latencyMs: number, now: number): void {
    if (this.kind === 'half-open') {
      this.probing--
      if (vote === 'failure') this.#open(now)
      if (vote === 'success' && ++this.successes >= this.#rules.successes) {
        this.closedAt = now
        this.#enter('closed')
      }
      return
    }
    if (vote === 'ignored') return
    const failure = vote === 'failure'
    this.votes.push({ at: now, failure, slow: latencyMs >= this.#rules.slowMs, isCall: true })
    this.run = failure ? this.run + 1 : 0
    this.#judge(now)
  }

  #judge(now: number): void {
    const { calls, failures, slow } = this.counts(now)
    const { consecutive, failureRate, slowRate, minCalls } = this.#rules
    const isRate =
      calls >= minCalls && (failures / calls >= failureRate || slow / calls >= slowRate)
    if (this.run >= consecutive || isRate) this.#open(now)
  }

  #open(now: number): void {
    const { openMs, maxOpenMs, windowMs } = this.#rules
    const isWell = this.kind === 'closed' && now - this.closedAt >= windowMs
    this.reopenings = isWell ? 0 : this.reopenings + 1
    this.until = now + Math.min(maxOpenMs, openMs * 2 ** this.reopenings)
    this.#enter('open')
  }

  #enter(kind: Reference['kind']): void {
    this.kind = kind
    this.period++
    this.run = 0
    this.votes = []
  }
}
