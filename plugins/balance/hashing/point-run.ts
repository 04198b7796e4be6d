import { mix32 } from '#core'

const GOLDEN = 0x9e3779b9
// Three passes of 11 bits sort 32.
const DIGIT_BITS = 11
const DIGITS = 2 ** DIGIT_BITS

/** Points of one endpoint, numbered from `from` to below `to`. */
export interface NumberedPoints {
  /** The endpoint's index. */
  readonly owner: number
  readonly id: string
  readonly first: number
  readonly second: number
  readonly from: number
  readonly to: number
}

/** Points in ascending order, equal ones by their owners' ids, and the owner of each. */
export interface Run {
  readonly points: Uint32Array
  readonly owners: Uint32Array
}

/** Makes and sorts points. O(n): by radix, since it is a million and more when a ring begins. */
export function sortedRun(parts: NumberedPoints[]): Run {
  parts.sort((a, b) => (a.id < b.id ? -1 : 1))
  const size = parts.reduce((sum, { from, to }) => sum + to - from, 0)
  let run: Run = { points: new Uint32Array(size), owners: new Uint32Array(size) }
  let at = 0
  for (const { owner, first, second, from, to } of parts) {
    for (let number = from; number < to; number++) {
      run.points[at] = mix32(mix32(first + Math.imul(number, GOLDEN)) ^ second)
      run.owners[at++] = owner
    }
  }
  let spare: Run = { points: new Uint32Array(size), owners: new Uint32Array(size) }
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    scatter(run, spare, shift)
    ;[run, spare] = [spare, run]
  }
  return run
}

/** Orders a run by one digit of its points, and leaves those of equal digits as they were. */
function scatter(from: Run, to: Run, shift: number): void {
  const ends = new Uint32Array(DIGITS)
  const { points, owners } = from
  for (let at = 0; at < points.length; at++) {
    const digit = ((points[at] as number) >>> shift) & (DIGITS - 1)
    ends[digit] = (ends[digit] as number) + 1
  }
  for (let digit = 1; digit < DIGITS; digit++) {
    ends[digit] = (ends[digit] as number) + (ends[digit - 1] as number)
  }
  for (let at = points.length - 1; at >= 0; at--) {
    const point = points[at] as number
    const digit = (point >>> shift) & (DIGITS - 1)
    const place = (ends[digit] as number) - 1
    ends[digit] = place
    to.points[place] = point
    to.owners[place] = owners[at] as number
  }
}
