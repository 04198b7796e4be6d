import type { Algorithm } from './algorithm.ts'

const BEFORE = 0
const COUNT = 1
const START = 2

/**
 * A window that slides, by two counts: that of the present window, and the one before in the share
 * of it that is still in view (as Cloudflare has described it). Right for arrivals that are spread
 * evenly; at worst nearly twice the quota within a span of one window, never in one instant.
 */
export const slidingWindow: Algorithm = {
  cells: 3,
  code: 1,
  settle(cells, at, { window }, now) {
    const elapsed = now - (cells[at + START] as number)
    if (isUnused(cells, at) || elapsed >= 2 * window) {
      cells[at + BEFORE] = 0
      cells[at + COUNT] = 0
      cells[at + START] = now
    } else if (elapsed >= window) {
      cells[at + BEFORE] = cells[at + COUNT] as number
      cells[at + COUNT] = 0
      cells[at + START] = (cells[at + START] as number) + window
    } else if (elapsed < -window) cells[at + START] = now
  },
  left(cells, at, limit, now) {
    const { quota, window } = limit
    const inView = (cells[at + BEFORE] as number) * (window - elapsed(cells, at, now))
    const left = Math.floor((quota * window - inView) / window) - (cells[at + COUNT] as number)
    return Math.max(0, left)
  },
  wait(cells, at, limit, now, cost) {
    const { quota, window } = limit
    if (cost > quota) return Number.POSITIVE_INFINITY
    const before = cells[at + BEFORE] as number
    const count = cells[at + COUNT] as number
    const past = elapsed(cells, at, now)
    const room = quota - count - cost
    if (room >= 0 && before * (window - past) <= room * window) return 0
    const ahead = Math.max(0, (cells[at + START] as number) - now)
    if (room >= 0) return window - Math.floor((room * window) / before) - past + ahead
    // Not in this window: in the next one its own count is what slides out of view.
    const inView = Math.floor(((quota - cost) * window) / count)
    return window - past + Math.max(0, window - inView) + ahead
  },
  add(cells, at, _limit, cost) {
    cells[at + COUNT] = (cells[at + COUNT] as number) + cost
  },
  reset(cells, at, limit, now) {
    if (isUnused(cells, at)) return 0
    const windows = cells[at + COUNT] === 0 ? 1 : 2
    return (cells[at + START] as number) + windows * limit.window - now
  },
}

function elapsed(cells: Float64Array, at: number, now: number): number {
  return Math.max(0, now - (cells[at + START] as number))
}

function isUnused(cells: Float64Array, at: number): boolean {
  return cells[at + BEFORE] === 0 && cells[at + COUNT] === 0
}
