import type { Clock } from '#core'
import type { Rule } from './rule.ts'
import type { Store } from './store.ts'

/** The counts of one rule. */
export interface Counts {
  readonly rule: Rule
  readonly store: Store
  /** Whether the store answers at once, always. */
  readonly isPrompt: boolean
  /** Keys that are kept in this process. */
  readonly keys: () => number
  /** Connects to where the counts are, and waits a little for it. */
  readonly open: () => Promise<unknown>
  readonly close: () => void
}

interface Group {
  readonly name: string
  readonly counts: Counts
  uses: number
}

const groups = new WeakMap<Clock, Map<string, Group>>()
/** Those in force, the newest last. */
const live = new Set<Group>()

/**
 * The counts that all uses of one group and equal options share, made by the first of them. They
 * are kept for as long as one of them is there, so through every reload.
 */
export function shared(clock: Clock, name: string, terms: string, make: () => Counts): Counts {
  const known = groups.get(clock) ?? new Map<string, Group>()
  groups.set(clock, known)
  const id = JSON.stringify([name, terms])
  const group = known.get(id) ?? { name, counts: make(), uses: 0 }
  group.uses++
  known.set(id, group)
  live.add(group)
  const { rule, store, isPrompt, keys, open } = group.counts
  let isClosed = false
  const close = (): void => {
    if (isClosed) return
    isClosed = true
    if (--group.uses > 0) return
    known.delete(id)
    live.delete(group)
    group.counts.close()
  }
  return { rule, store, isPrompt, keys, open, close }
}

/** The counts of a group, the newest in the process; undefined if none is in force. */
export function countsOf(name: string): Counts | undefined {
  let found: Counts | undefined
  for (const group of live) if (group.name === name) found = group.counts
  return found
}
