import type { Upstream } from '../contracts/upstream.ts'
import { plainTarget } from './plain-target.ts'

/** An upstream without endpoints, for plugins that are run by themselves. */
export const emptyUpstream: Upstream = {
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
