import type { Logger, LogLine } from '../contracts/logger.ts'
import type { LoggedError } from './report.ts'

const KEPT = 100

/** Keeps the first errors and drops everything else. */
export class ErrorLog implements Logger {
  readonly kept: LoggedError[] = []
  readonly debug: LogLine = () => {}
  readonly info: LogLine = () => {}
  readonly warn: LogLine = () => {}
  readonly error: LogLine = (first: object | string, message?: string) => {
    if (this.kept.length >= KEPT) return
    if (typeof first === 'string') this.kept.push({ message: first, fields: {} })
    else this.kept.push({ message: message ?? '', fields: first })
  }
}
