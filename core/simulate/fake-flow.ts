import type { Context, ContextKey, Flow } from '../contracts/flow.ts'
import { emptyUpstream } from './empty-upstream.ts'

/** A flow that has been nowhere, of an upstream without endpoints. */
export function fakeFlow(): Flow {
  const values = new Map<ContextKey<unknown>, unknown>()
  const context: Context = {
    get: <T>(key: ContextKey<T>) => values.get(key) as T | undefined,
    set: (key, value) => values.set(key, value),
  }
  return {
    upstream: emptyUpstream,
    key: -1,
    prefer: undefined,
    avoid: undefined,
    context,
    attempt: 0,
    endpoint: undefined,
    startedAt: 0,
    awaitedSince: 0,
    answeredAt: 0,
    status: 0,
    verdict: undefined,
  }
}
