/**
 * The first position from `from` to below `end` whose value is not below `value`, else `end`. Steps
 * that double: O(log d) for a distance d from `from`.
 */
export function firstFrom(values: Uint32Array, from: number, end: number, value: number): number {
  if (from >= end || (values[from] as number) >= value) return from
  let low = from
  let step = 1
  while (low + step < end && (values[low + step] as number) < value) {
    low += step
    step *= 2
  }
  let high = Math.min(end, low + step)
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) < value) low = middle
    else high = middle
  }
  return high
}

/** The first position below `end` whose value is above `value`, else `end`; O(log d) likewise, from the end. */
export function firstAbove(values: Uint32Array, end: number, value: number): number {
  let high = end
  let step = 1
  while (high - step >= 0 && (values[high - step] as number) > value) {
    high -= step
    step *= 2
  }
  let low = Math.max(-1, high - step)
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) > value) high = middle
    else low = middle
  }
  return high
}
