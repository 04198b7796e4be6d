import type { Context, ContextKey, Flow } from '../contracts/flow.ts'
import type { Upstream } from '../contracts/upstream.ts'
import { plainTarget } from './plain-target.ts'

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

const emptyUpstream: Upstream = {
  name: 'fake',
  endpoints: [],
  accepts: () => false,
  bindsSessions: () => () => {},
  hold: (endpoint, reason) => ({ endpoint, reason, release() {} }),
  drain: (endpoint) => {
    const end = { how: 'drained', left: 0, cut: 0 } as const
    return { endpoint, left: 0, isDone: true, done: Promise.resolve(end), release() {} }
  },
  state: () => ({ holds: [], changes: [] }),
  statuses: () => ({}),
  target: ({ url }) => plainTarget(url),
  supply() {},
  weigh() {},
  gate: () => () => {},
  cap() {},
  vouch() {},
  observe: () => () => {},
  observeAnswers: () => () => {},
  observeWaits: () => () => {},
  watch: () => () => {},
}
