import type { Flow, Outcome } from '#core'
import type { AdaptiveLimit } from './adaptive-limit.ts'

/**
 * Shows an adaptive limit how an attempt went. Fast failures would look like fast answers, and what a
 * client or the gateway did says nothing of the endpoint: only answers count, and waits for none.
 */
export function show(
  limit: AdaptiveLimit,
  { startedAt, answeredAt }: Readonly<Flow>,
  outcome: Outcome,
  inflight: number,
  now: number,
): void {
  if (outcome === 'overload') limit.overloaded(now)
  if (outcome !== 'ok' && outcome !== 'timeout') return
  limit.record(startedAt, (answeredAt || now) - startedAt, inflight, now)
}
