import type { Algorithm } from './algorithm.ts'

const DEBT = 0
const SINCE = 1

/**
 * GCRA, the generic cell rate algorithm (ITU-T I.371), which decides as a token bucket does that
 * holds `burst` requests and is filled continuously with `quota` a window. Kept is the debt that
 * GCRA's theoretical arrival time stands for, and when it was that high: a request adds a window's
 * ticks to it, a tick takes `quota` off it, and it stays within `burst` windows. So any span of one
 * window admits `burst` + `quota` at most.
 */
export const tokenBucket: Algorithm = {
  cells: 2,
  code: 0,
  settle(cells, at, { quota, window }, now) {
    const elapsed = now - (cells[at + SINCE] as number)
    if (elapsed < 0 && elapsed >= -window) return
    if (elapsed > 0) cells[at + DEBT] = Math.max(0, (cells[at + DEBT] as number) - elapsed * quota)
    cells[at + SINCE] = now
  },
  left(cells, at, { burst, window }) {
    return Math.floor((burst * window - (cells[at + DEBT] as number)) / window)
  },
  wait(cells, at, { quota, burst, window }, now, cost) {
    if (cost > burst) return Number.POSITIVE_INFINITY
    const over = (cells[at + DEBT] as number) + cost * window - burst * window
    return over <= 0 ? 0 : Math.ceil(over / quota) + ahead(cells, at, now)
  },
  add(cells, at, { window }, cost) {
    cells[at + DEBT] = (cells[at + DEBT] as number) + cost * window
  },
  reset(cells, at, { quota }, now) {
    const debt = cells[at + DEBT] as number
    return debt === 0 ? 0 : Math.ceil(debt / quota) + ahead(cells, at, now)
  },
}

/** How far a clock that went back has to come again before anything is given back. */
function ahead(cells: Float64Array, at: number, now: number): number {
  return Math.max(0, (cells[at + SINCE] as number) - now)
}
