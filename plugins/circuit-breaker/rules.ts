import type { BreakerOptions } from './options.ts'

/** When a breaker opens, how long, and how it closes. Times in ms, shares of 1; 0 never opens it. */
export interface Rules {
  readonly consecutive: number
  readonly failureRate: number
  readonly slowRate: number
  readonly slowMs: number
  readonly windowMs: number
  readonly minCalls: number
  readonly openMs: number
  readonly maxOpenMs: number
  readonly jitter: number
  readonly permits: number
  readonly successes: number
  readonly rampStep: number
  readonly rampEveryMs: number
}

export function rulesOf(options: BreakerOptions): Rules {
  const { slow, ramp } = options
  return {
    consecutive: options.consecutive,
    failureRate: options.failureRate,
    slowRate: slow.rate,
    slowMs: slow.after,
    windowMs: options.window,
    minCalls: options.minCalls,
    openMs: options.openFor,
    maxOpenMs: options.maxOpenFor,
    jitter: options.jitter,
    permits: options.permits,
    successes: options.successes,
    rampStep: ramp.step,
    rampEveryMs: ramp.every,
  }
}
