import type { Outcome } from '#core'

/** Whether an outcome says anything about its endpoint: what the client or the gateway did does not. */
export function isIgnored(outcome: Outcome): boolean {
  return outcome === 'client-abort' || outcome === 'local'
}
