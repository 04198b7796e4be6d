import type { Outcome } from '#core'
import { type CircuitBreaker, statusOf } from './opossum.ts'

type Listener = (this: CircuitBreaker, what: unknown, latencyMs: number) => void

/**
 * What opossum's own listeners do, less those by which it moves itself, and less events that never
 * come here. Shared by all breakers, where opossum makes a closure for each event of each.
 */
export const LISTENERS: readonly (readonly [event: 'failure', listener: Listener])[] = [
  listening('fire', counting('fires')),
  listening('reject', counting('rejects')),
  listening('fallback', counting('fallbacks')),
  listening('success', countingTimes('successes')),
  listening('failure', countingTimes('failures')),
  listening('timeout', countingTimes('timeouts')),
  listening('open', function () {
    statusOf(this).open()
  }),
  listening('close', function () {
    statusOf(this).close()
  }),
]

/** What comes with a refusal, as opossum's own comes with one. */
export const REFUSED = coded('Breaker is open', 'EOPENBREAKER')

/** What comes with a failure. One of each: an error for each call would cost more than the call. */
export const FAILURES: Readonly<Record<Outcome, Error>> = {
  ok: new Error('a failure by the upstream’s own rules'),
  'upstream-error': new Error('no valid answer, or one of 500 to 599'),
  overload: new Error('the endpoint has too much to do'),
  timeout: coded('no answer in time', 'ETIMEDOUT'),
  'connect-failed': new Error('no connection'),
  'client-abort': new Error('the client went away'),
  local: new Error('answered by the gateway'),
}

// opossum's types know each event by itself.
function listening(event: string, listener: Listener): [event: 'failure', listener: Listener] {
  return [event as 'failure', listener]
}

function counting(field: string): Listener {
  return function () {
    statusOf(this).increment(field)
  }
}

function countingTimes(field: string): Listener {
  return function (_what, latencyMs) {
    statusOf(this).increment(field, latencyMs)
  }
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}
