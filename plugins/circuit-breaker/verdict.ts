import type { Outcome } from '#core'
import type { Vote } from './state.ts'

/**
 * What an outcome says, with the status of the answer, 0 without one. A client that went away, what
 * the gateway answered itself, and a status of 400 to 499 say nothing of the endpoint, unless the
 * upstream's own `failure` makes a failure of it.
 */
export function voteOf(outcome: Outcome, status: number): Vote {
  if (outcome === 'client-abort' || outcome === 'local') return 'ignored'
  const isClients = status >= 400 && status < 500
  if (outcome === 'ok') return isClients ? 'ignored' : 'success'
  return isClients && outcome === 'overload' ? 'ignored' : 'failure'
}
