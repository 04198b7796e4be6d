import type { Cancel, Clock } from '../contracts/clock.ts'

// Node cuts delays beyond this to 1 ms, so they are walked in steps.
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** The machine's clock and event loop. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, run) {
    return delayMs <= 0 ? nextTurn(run) : later(delayMs, run)
  },
}

function nextTurn(run: () => void): Cancel {
  const immediate = setImmediate(run)
  return () => clearImmediate(immediate)
}

function later(delayMs: number, run: () => void): Cancel {
  let left = delayMs
  let timer = setTimeout(step, Math.min(left, LONGEST_DELAY_MS)).unref()
  function step(): void {
    left -= LONGEST_DELAY_MS
    if (left <= 0) run()
    else timer = setTimeout(step, Math.min(left, LONGEST_DELAY_MS)).unref()
  }
  return () => clearTimeout(timer)
}
