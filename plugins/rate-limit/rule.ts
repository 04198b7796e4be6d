import type { Limit } from './algorithm.ts'

/** What became of one question to a rule; filled in anew by each. Times are microseconds. */
export class Verdict {
  /** What was taken; 0 for a refusal. */
  granted = 0
  /** Whether nobody could be asked, so that `granted` is what the policy for that says. */
  isUndecided = false
  /** Until as much may be taken; Infinity for never. 0 after a grant. */
  waitUs = 0
  /** The limit that keeps longest from it, by its number; -1 after a grant. */
  violated = -1
  /** What is left of each limit, by its number. */
  readonly left: Float64Array
  /** Until each limit is as new. */
  readonly resetUs: Float64Array

  constructor(limits: number) {
    this.left = new Float64Array(limits)
    this.resetUs = new Float64Array(limits)
  }
}

/**
 * Limits that hold together: what one of them refuses is taken from none. Knows nothing of what is
 * counted; a key may be a client, a connection's peer, a sender of datagrams.
 */
export class Rule {
  readonly limits: readonly Limit[]
  /** Numbers that one key needs. */
  readonly cells: number

  constructor(limits: readonly Limit[]) {
    this.limits = limits
    let cells = 0
    for (const { algorithm } of limits) cells += algorithm.cells
    this.cells = cells
  }

  /**
   * Takes as much as there is, from `least` to `most`, or nothing. Gives what it took; with `most` 0
   * it only looks.
   */
  take(
    cells: Float64Array,
    at: number,
    nowUs: number,
    least: number,
    most: number,
    verdict: Verdict,
  ): number {
    const { limits } = this
    let granted = most
    let place = at
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i] as Limit
      const now = Math.floor(nowUs / limit.tickUs)
      limit.algorithm.settle(cells, place, limit, now)
      granted = Math.min(granted, limit.algorithm.left(cells, place, limit, now))
      place += limit.algorithm.cells
    }
    const isRefused = granted < least
    verdict.granted = isRefused ? 0 : granted
    verdict.isUndecided = false
    verdict.waitUs = 0
    verdict.violated = -1
    place = at
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i] as Limit
      const { algorithm, tickUs } = limit
      const now = Math.floor(nowUs / tickUs)
      if (isRefused) {
        const waitUs = algorithm.wait(cells, place, limit, now, least) * tickUs
        if (waitUs > verdict.waitUs) {
          verdict.waitUs = waitUs
          verdict.violated = i
        }
      } else algorithm.add(cells, place, limit, granted)
      verdict.left[i] = algorithm.left(cells, place, limit, now)
      verdict.resetUs[i] = algorithm.reset(cells, place, limit, now) * tickUs
      place += algorithm.cells
    }
    return verdict.granted
  }

  /** Whether a key is as if it had never been seen. */
  isUnused(cells: Float64Array, at: number, nowUs: number): boolean {
    let place = at
    for (const limit of this.limits) {
      const now = Math.floor(nowUs / limit.tickUs)
      limit.algorithm.settle(cells, place, limit, now)
      if (limit.algorithm.reset(cells, place, limit, now) > 0) return false
      place += limit.algorithm.cells
    }
    return true
  }
}
