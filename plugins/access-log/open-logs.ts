import type { LineBuffer } from './line-buffer.ts'

// The logs that the process's signals and its end are for.
const logs = new Set<LineBuffer>()

/** From now on SIGUSR1 reopens the log and the end of the process writes what it holds. */
export function enlist(log: LineBuffer): void {
  if (logs.size === 0) {
    process.on('SIGUSR1', reopenAll)
    process.on('exit', flushAll)
  }
  logs.add(log)
}

export function discharge(log: LineBuffer): void {
  if (!logs.delete(log) || logs.size > 0) return
  process.off('SIGUSR1', reopenAll)
  process.off('exit', flushAll)
}

function reopenAll(): void {
  for (const log of logs) log.reopen()
}

function flushAll(): void {
  for (const log of logs) log.flushNow()
}
