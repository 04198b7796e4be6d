import type { Rules } from './rules.ts'
import type { Counts } from './window.ts'

/** What a call says; one that is ignored says nothing. */
export type Vote = 'success' | 'failure' | 'ignored'

interface Common {
  /** Counts the states that there were: what began under an earlier one counts for nothing. */
  readonly period: number
  /** When this one began, in ms of the monotonic clock. */
  readonly since: number
  /** Times it was opened without having been well in between. */
  readonly reopenings: number
}

export interface Closed extends Common {
  readonly kind: 'closed'
  /** Failures since the last success. */
  readonly run: number
  /** When it began to let flows in again, some at first; -Infinity where it has not been ill. */
  readonly rampSince: number
}

export interface Open extends Common {
  readonly kind: 'open'
  readonly until: number
  readonly cause: string
}

export interface HalfOpen extends Common {
  readonly kind: 'half-open'
  /** Probes that may still begin. */
  readonly permits: number
  /** Probes that succeeded. */
  readonly successes: number
}

/** A circuit breaker at one moment. Never changed: each event gives the next one, or the same. */
export type State = Closed | Open | HalfOpen

/** Closed, without a past to recover from. */
export function whole(period: number, since: number): Closed {
  const rampSince = Number.NEGATIVE_INFINITY
  return { kind: 'closed', period, since, reopenings: 0, run: 0, rampSince }
}

/**
 * After a call of the present period ended, `counts` including it. `chance`, of [0, 1), shortens the
 * time that it is open for, should it open.
 */
export function voted(
  state: State,
  vote: Vote,
  counts: Counts,
  rules: Rules,
  now: number,
  chance: number,
): State {
  if (state.kind === 'open') return state
  if (state.kind === 'half-open') return probed(state, vote, rules, now, chance)
  if (vote === 'ignored') return state
  const run = vote === 'failure' ? state.run + 1 : 0
  const cause = whyOpen(run, counts, rules)
  if (cause !== undefined) return opened(state, cause, rules, now, chance)
  return run === state.run ? state : { ...state, run }
}

/** After a probe began. */
export function begun(state: HalfOpen): HalfOpen {
  return { ...state, permits: state.permits - 1 }
}

/** When the time that it was open for is over. */
export function due(state: Open, rules: Rules, now: number): HalfOpen {
  const { period, reopenings } = state
  const common = { period: period + 1, since: now, reopenings }
  return { kind: 'half-open', ...common, permits: rules.permits, successes: 0 }
}

/** Open from now on. */
export function opened(
  state: State,
  cause: string,
  rules: Rules,
  now: number,
  chance: number,
): Open {
  const reopenings = isWell(state, rules, now) ? 0 : state.reopenings + 1
  // Beyond 2^30 nothing but the limit is left of it.
  const longest = Math.min(rules.maxOpenMs, rules.openMs * 2 ** Math.min(30, reopenings))
  const until = now + Math.round(longest * (1 - rules.jitter * chance))
  return { kind: 'open', period: state.period + 1, since: now, reopenings, until, cause }
}

/** Closed from now on. */
export function closed(state: State, now: number): Closed {
  const { period, reopenings } = state
  return { kind: 'closed', period: period + 1, since: now, reopenings, run: 0, rampSince: now }
}

/** The share of flows that may come in at a time, 0 to 1; half-open counts permits instead. */
export function shareOf(state: State, rules: Rules, now: number): number {
  if (state.kind === 'open') return 0
  if (state.kind === 'half-open') return state.permits > 0 ? 1 : 0
  const steps = 1 + Math.floor((now - state.rampSince) / rules.rampEveryMs)
  return Math.min(1, rules.rampStep * steps)
}

function probed(state: HalfOpen, vote: Vote, rules: Rules, now: number, chance: number): State {
  if (vote === 'failure') return opened(state, 'a probe failed', rules, now, chance)
  const permits = state.permits + 1
  if (vote === 'ignored') return { ...state, permits }
  const successes = state.successes + 1
  return successes < rules.successes ? { ...state, permits, successes } : closed(state, now)
}

/** Whether it has let everything in for a whole window: what was before is forgotten then. */
function isWell(state: State, { rampStep, rampEveryMs, windowMs }: Rules, now: number): boolean {
  if (state.kind !== 'closed') return false
  const rampMs = (Math.ceil(1 / rampStep) - 1) * rampEveryMs
  return now - state.rampSince >= rampMs + windowMs
}

function whyOpen(run: number, counts: Counts, rules: Rules): string | undefined {
  const { calls, failures, slow } = counts
  const { consecutive, failureRate, slowRate, slowMs, minCalls } = rules
  if (consecutive > 0 && run >= consecutive) return `${run} failures in a row`
  if (calls < minCalls) return undefined
  if (failureRate > 0 && failures >= failureRate * calls) {
    return `${failures} of ${calls} calls failed`
  }
  if (slowRate > 0 && slow >= slowRate * calls) {
    return `${slow} of ${calls} calls took ${slowMs} ms or more`
  }
  return undefined
}
