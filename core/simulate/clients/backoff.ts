import type { Rng } from '../../contracts/clock.ts'
import type { BackoffPolicy } from './client-model.ts'

/** Ms to wait after the n-th failure, from 1; `before` is the wait before this one, 0 at first. */
export function backoffMs(
  policy: BackoffPolicy,
  failures: number,
  before: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  rng: Rng,
): number {
  const grown = Math.min(capMs, baseMs * 2 ** failures)
  switch (policy) {
    case 'exponential':
      return grown
    case 'equal':
      return grown / 2 + (rng.unit() * grown) / 2
    case 'full':
      return rng.unit() * grown
    case 'decorrelated': {
      const most = 3 * Math.max(baseMs, before)
      return Math.min(capMs, baseMs + rng.unit() * (most - baseMs))
    }
    default:
      return 0
  }
}
