import assert from 'node:assert/strict'
import { mix32 } from '../system/hash.ts'
import { type Stand, StrategyBench, stands } from './bench.ts'
import type { Check, Subject } from './claims.ts'

const ENDPOINTS = 100
const KEYS = 100_000

/** What hashing promises: equal keys stay, and few of the others move. */
export function keyChecks({ use, claims }: Subject): Check[] {
  const { moves } = claims
  if (!(moves >= 0)) return []
  const owners = (ready: readonly Stand[], seed = 1): (Stand | undefined)[] => {
    const subject = new StrategyBench(use(), seed).update(ready)
    return Array.from({ length: KEYS }, (_, key) => subject.pick(mix32(key)))
  }
  return [
    {
      name: 'equal keys get equal endpoints, whatever the seed and the order of the endpoints',
      run() {
        const ready = stands(ENDPOINTS)
        assert.ok(owners(ready).every((owner) => owner !== undefined))
        assertSame(owners(ready, 1), owners([...ready].reverse(), 2))
      },
    },
    {
      name: 'when an endpoint leaves or joins, few keys move that need not',
      run() {
        const ready = stands(ENDPOINTS)
        const without = ready.filter(({ index }) => index !== 41)
        const [all, fewer] = [owners(ready), owners(without)]
        let moved = 0
        for (const [key, owner] of all.entries()) {
          if (owner?.index !== 41 && fewer[key] !== owner) moved++
        }
        assert.ok(moved <= moves * KEYS, `${moved} of ${KEYS} keys moved`)
      },
    },
    {
      name: 'an endpoint that comes back gets its keys back',
      run() {
        const ready = stands(ENDPOINTS)
        const subject = new StrategyBench(use()).update(ready)
        const before = Array.from({ length: 1_000 }, (_, key) => subject.pick(mix32(key)))
        subject.update(ready.slice(1)).update(ready)
        const after = Array.from({ length: 1_000 }, (_, key) => subject.pick(mix32(key)))
        assertSame(after, before)
      },
    },
    {
      name: 'a flow without a key gets an endpoint all the same',
      run() {
        const subject = new StrategyBench(use()).update(stands(8))
        const found = new Set(Array.from({ length: 1_000 }, () => subject.pick(-1)?.id))
        assert.ok(found.size > 1 && !found.has(undefined), [...found].join(', '))
      },
    },
  ]
}

// Not deepEqual: it would draw the difference of two long lists.
function assertSame(a: readonly (Stand | undefined)[], b: readonly (Stand | undefined)[]): void {
  const differing = a.filter((owner, key) => owner?.id !== b[key]?.id).length
  assert.equal(differing, 0, `${differing} of ${a.length} keys differ`)
}
