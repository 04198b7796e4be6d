import type { Rng } from '../contracts/clock.ts'

/**
 * Draws `choices` different items by chance, each set of them as likely, and gives the one of the lowest
 * cost; of several the one drawn first, of an empty list undefined. O(choices); allocates nothing, and
 * so changes the order of `list` (Fisher and Yates). With load as cost it is the power of d choices
 * (Mitzenmacher, 2001).
 *
 * @example
 * const quietest = cheapestOf(ready, 2, (endpoint) => endpoint.inflight, rng)
 */
export function cheapestOf<T>(
  list: T[],
  choices: number,
  cost: (item: T) => number,
  rng: Rng,
): T | undefined {
  const most = Math.min(choices, list.length)
  let best: T | undefined
  let lowest = 0
  for (let drawn = 0; drawn < most; drawn++) {
    // Swapped to the front, so that none is drawn twice.
    const place = drawn + rng.below(list.length - drawn)
    const item = list[place] as T
    list[place] = list[drawn] as T
    list[drawn] = item
    const itsCost = cost(item)
    if (drawn > 0 && itsCost >= lowest) continue
    best = item
    lowest = itsCost
  }
  return best
}
