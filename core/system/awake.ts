import type { Cancel } from '../contracts/clock.ts'

const LONG_MS = 2 ** 30

/** Keeps the process alive until it is cancelled. */
export function stayAwake(): Cancel {
  const timer = setInterval(() => {}, LONG_MS)
  return () => clearInterval(timer)
}
