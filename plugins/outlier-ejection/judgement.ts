/**
 * A series of failures this unlikely is no accident: with 100,000 attempts in a window, one window in
 * a hundred has one such series somewhere.
 */
export const FAILURE_CHANCE = 1e-7
/** The same of flows that wait, for which there are fewer occasions: a silence lasts for seconds. */
export const SILENCE_CHANCE = 1e-5

// Of two intervals of five standard deviations: endpoints are compared by the dozen, many times a
// minute, and equal ones must not be told apart once in a hundred windows.
const DEVIATIONS = 5

/** Failures among attempts. */
export interface Share {
  readonly failures: number
  readonly requests: number
}

/**
 * How many attempts in a row must have gone wrong before it is the endpoint: `least`, or as many as
 * make such a series as unlikely as `chance` where so many of the others' go wrong too. Half an
 * attempt that failed and half a good one are added (Jeffreys), so that little is concluded from few.
 */
export function neededInARow(least: number, chance: number, others: Share): number {
  const share = (others.failures + 0.5) / (others.requests + 1)
  return Math.max(least, Math.ceil(Math.log(chance) / Math.log(share)))
}

/**
 * Whether an endpoint fails more often than the others: by `gap` and by half of their share at least,
 * and its Wilson interval (JASA 22, 1927) lies above theirs, so that few requests prove little. The
 * half is for failures that are no independent draws: timeouts end late, and so weigh most where
 * traffic has gone elsewhere.
 */
export function failsMore(own: Share, others: Share, gap: number): boolean {
  if (own.requests === 0 || others.requests === 0) return false
  const usual = others.failures / others.requests
  if (own.failures / own.requests - usual < Math.max(gap, usual / 2)) return false
  return wilson(own, -DEVIATIONS) > wilson(others, DEVIATIONS)
}

/** One end of Wilson's interval for a share, `z` standard deviations from its middle. */
function wilson({ failures, requests }: Share, z: number): number {
  const share = failures / requests
  const square = (z * z) / requests
  const spread = z * Math.sqrt((share * (1 - share)) / requests + square / (4 * requests))
  return (share + square / 2 + spread) / (1 + square)
}

/** How long the ejection lasts that follows `earlier` ones, in ms; `chance` is from 0 to 1. */
export function ejectionMs(timeMs: number, maxMs: number, earlier: number, chance: number): number {
  return Math.min(maxMs, timeMs * 2 ** earlier) * (1 - chance / 5)
}
