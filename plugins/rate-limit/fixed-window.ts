import type { Algorithm } from './algorithm.ts'

const COUNT = 0
const START = 1

/**
 * `quota` requests in each window, which begins with a key's first request. The cheapest to explain,
 * and the loosest: up to twice the quota within any span of one window, at its edge.
 */
export const fixedWindow: Algorithm = {
  cells: 2,
  code: 2,
  settle(cells, at, { window }, now) {
    const elapsed = now - (cells[at + START] as number)
    if (elapsed >= window || cells[at + COUNT] === 0) {
      cells[at + COUNT] = 0
      cells[at + START] = now
    } else if (elapsed < -window) cells[at + START] = now
  },
  left(cells, at, { quota }) {
    return quota - (cells[at + COUNT] as number)
  },
  wait(cells, at, limit, now, cost) {
    if (cost > limit.quota) return Number.POSITIVE_INFINITY
    if ((cells[at + COUNT] as number) + cost <= limit.quota) return 0
    return (cells[at + START] as number) + limit.window - now
  },
  add(cells, at, _limit, cost) {
    cells[at + COUNT] = (cells[at + COUNT] as number) + cost
  },
  reset(cells, at, { window }, now) {
    return cells[at + COUNT] === 0 ? 0 : (cells[at + START] as number) + window - now
  },
}
