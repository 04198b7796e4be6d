import type { Cancel, Clock } from './contracts/clock.ts'

const TELL_EVERY_MS = 5_000
// The rest of the time is for those that were asked last to end in.
const ASKING_SHARE = 0.8

/** Over how many ms those that last are asked to go, of a drain that wants `spreadMs`. */
export function askingMs(deadlineMs: number, spreadMs: number): number {
  return Math.min(spreadMs, deadlineMs * ASKING_SHARE)
}

/** Has somebody tell every 5 s how it goes, until the time is over: `leftMs` of it are left. */
export function tellProgress(
  clock: Clock,
  forMs: number,
  tell: (progress: { readonly leftMs: number }) => void,
): Cancel {
  const until = clock.now() + forMs
  let cancel: Cancel = () => {}
  const wait = (): void => {
    cancel = clock.after(TELL_EVERY_MS, () => {
      const leftMs = Math.round(until - clock.now())
      if (leftMs <= 0) return
      tell({ leftMs })
      wait()
    })
  }
  wait()
  return () => cancel()
}
