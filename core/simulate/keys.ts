import type { Rng } from '../contracts/clock.ts'

/** Whose requests they are, or what they are about: what hashing strategies tell apart. */
export interface Keys {
  /** The number of the next request's key, 0 or more. */
  draw(rng: Rng): number
}

/**
 * So many keys, each equally often.
 *
 * @throws RangeError when the count is not a whole number above 0
 * @example
 * keys: uniformKeys(10_000)
 */
export function uniformKeys(count: number): Keys {
  whole('uniformKeys', count)
  return { draw: (rng) => rng.below(count) }
}

/**
 * So many keys, the first ones far more often than the last ones, as pages and users are: the n-th
 * in proportion to 1 / n^exponent (Zipf). O(log count) a request.
 *
 * @throws RangeError when the count is not a whole number above 0, or the exponent is negative
 * @example
 * keys: zipfKeys(10_000, 1.1)
 */
export function zipfKeys(count: number, exponent = 1): Keys {
  whole('zipfKeys', count)
  if (!(exponent >= 0))
    throw new RangeError(`zipfKeys: the exponent must be 0 or more: ${exponent}`)
  const sums = new Float64Array(count)
  let sum = 0
  for (let place = 0; place < count; place++) {
    sum += (place + 1) ** -exponent
    sums[place] = sum
  }
  return { draw: (rng) => placeOf(sums, rng.unit() * sum) }
}

/** The first place whose sum is above the value. */
function placeOf(sums: Float64Array, value: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] as number) > value) high = middle
    else low = middle + 1
  }
  return low
}

function whole(owner: string, count: number): void {
  if (Number.isInteger(count) && count > 0 && count <= 2 ** 32) return
  throw new RangeError(`${owner}: the count must be a whole number above 0, got ${count}`)
}
