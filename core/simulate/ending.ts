import type { Outcome } from '../contracts/flow.ts'
import type { Failure } from '../contracts/plugin.ts'
import { isIdempotent } from '../http/idempotent.ts'
import type { SimulatedRequest } from './simulated-request.ts'

/** How an attempt failed. */
export type Ending = Pick<Failure, 'outcome' | 'sent' | 'status' | 'retryAfterMs'>

/** Ms until another attempt: what the first plugin says that does not say -1; else -1. */
export function delayBeforeNext(request: SimulatedRequest, ending: Ending, leftMs: number): number {
  const { flow, gateway, route, method } = request
  const inner = flow.live.chain.again
  const { again } = route.chain
  if (again.length + inner.length === 0) return -1
  const failure: Failure = {
    ...ending,
    attempt: flow.attempt,
    reused: false,
    replayable: true,
    idempotent: isIdempotent(method),
    leftMs,
  }
  for (const plugin of again.length === 0 ? inner : [...again, ...inner]) {
    try {
      const delayMs = plugin.again(flow, failure)
      if (delayMs >= 0) return delayMs
    } catch (error: unknown) {
      gateway.log.error({ err: error }, 'a plugin threw')
    }
  }
  return -1
}

/** What an answer's head says about its endpoint; the status table is that of `core/http`. */
export function outcomeOf(
  { flow, gateway }: SimulatedRequest,
  status: number,
  retryAfterMs: number,
): Outcome {
  const { failure } = flow.live
  if (failure !== undefined) {
    const seconds = retryAfterMs < 0 ? undefined : String(Math.ceil(retryAfterMs / 1_000))
    const header = (name: string) => (/^retry-after$/i.test(name) ? seconds : undefined)
    try {
      return failure({ status, header })
    } catch (error: unknown) {
      gateway.log.error({ err: error }, 'the upstream’s failure threw')
    }
  }
  if (status === 429) return 'overload'
  if (status < 500) return 'ok'
  return status === 503 && retryAfterMs >= 0 ? 'overload' : 'upstream-error'
}
