import type { Flow, Outcome } from '#core'
import type { AdaptiveLimit } from './adaptive-limit.ts'

/**
 * Shows an adaptive limit how an attempt went. Answers count, and waits for none; fast failures do
 * not, since they would look like fast answers. A client that left before its answer is one that
 * waited: where all of them leave, they alone show how slow it has become.
 */
export function show(
  limit: AdaptiveLimit,
  { startedAt, answeredAt }: Readonly<Flow>,
  outcome: Outcome,
  inflight: number,
  now: number,
): void {
  if (outcome === 'overload') limit.overloaded(now)
  const latencyMs = (answeredAt || now) - startedAt
  if (outcome === 'ok' || outcome === 'timeout') limit.record(startedAt, latencyMs, inflight, now)
  if (outcome !== 'client-abort' || answeredAt > 0 || limit.isMeasuring) return
  // One that left sooner may have had any reason.
  if (latencyMs > limit.unloadedMs) limit.record(startedAt, latencyMs, inflight, now)
}
