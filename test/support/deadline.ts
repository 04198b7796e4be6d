import { setTimeout as pause } from 'node:timers/promises'

/** How long anything on loopback may take before a test fails. */
export const DEADLINE_MS = 5_000

const POLL_MS = 5

/** Gives what the promise gives, or rejects with `what` at the deadline. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const stop = new AbortController()
  const late = pause(deadlineMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${deadlineMs} ms: ${what}`)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    stop.abort()
  }
}

/** Looks until the condition holds; rejects at the deadline with `what`, or what it gives. */
export async function waitFor(
  condition: () => boolean,
  what: string | (() => string),
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const until = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > until) {
      const told = typeof what === 'string' ? what : what()
      throw new Error(`not within ${deadlineMs} ms: ${told}`)
    }
    await pause(POLL_MS)
  }
}
