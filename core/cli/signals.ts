import { constants } from 'node:os'

/** At the first SIGINT or SIGTERM calls `first`; at the second calls `last` and ends the process. */
export function untilSignalled(first: () => void, last: () => void): void {
  let signals = 0
  const listen = (name: 'SIGINT' | 'SIGTERM'): void => {
    process.on(name, () => {
      signals++
      if (signals === 1) {
        console.log('sluice: draining; once more to end at once')
        return first()
      }
      last()
      process.exit(128 + constants.signals[name])
    })
  }
  listen('SIGINT')
  listen('SIGTERM')
}
