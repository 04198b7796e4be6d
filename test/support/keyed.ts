import type { EndpointSet } from '../../core/contracts/endpoint.ts'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import { SeededRng } from '../../core/system/rng.ts'
import { type Stand, StrategyBench, stands } from '../conformance/strategy-bench.ts'

/** A hashing strategy under test, asked by key. */
export class KeyedBench extends StrategyBench {
  /** The endpoint that a key gets. */
  of(key: number, avoid?: EndpointSet): Stand | undefined {
    this.flow.key = key
    this.flow.avoid = avoid
    return this.strategy.pick(this.flow) as Stand | undefined
  }

  /** The ids that each of some keys gets. */
  owners(keys: Iterable<number>): string[] {
    return Array.from(keys, (key) => this.of(key)?.id ?? 'none')
  }

  /** How many of these keys each endpoint gets, in the order of `ready`. */
  counts(ready: readonly Stand[], keys: Iterable<number>): number[] {
    const counts = new Map(ready.map(({ id }) => [id, 0]))
    for (const id of this.owners(keys)) counts.set(id, (counts.get(id) ?? 0) + 1)
    return ready.map(({ id }) => counts.get(id) ?? 0)
  }

  /** The endpoints in the order in which a key asks them, each avoided once it was asked. */
  order(key: number): string[] {
    const asked = new Set<Stand>()
    for (let next = this.of(key, asked as never); next !== undefined; ) {
      asked.add(next)
      next = this.of(key, asked as never)
    }
    return Array.from(asked, ({ id }) => id)
  }
}

export function keyed(use: StrategyUse, ready: readonly Stand[], seed = 1): KeyedBench {
  const bench = new KeyedBench(use, seed)
  bench.update(ready)
  return bench
}

/** `count` endpoints whose ids tell nothing of their order. */
export function named(count: number, salt = ''): Stand[] {
  return stands(count).map((stand) => ({ ...stand, id: `10.0.${salt}${stand.index}:9001` }))
}

/** Keys as hashes of values are: spread over 32 bits by chance. */
export function* drawn(count: number, seed: number): Generator<number> {
  const chance = new SeededRng(seed)
  for (let n = 0; n < count; n++) yield chance.below(2 ** 32)
}

/** Keys at equal distances: shares measured by them are those of the table, without noise. */
export function* evenly(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield Math.floor(((n + 0.5) / count) * 2 ** 32)
}
