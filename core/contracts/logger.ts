/** Writes one line at one level: fields first, then a message, or a message alone. */
export interface LogLine {
  (fields: object, message?: string): void
  (message: string): void
}

/** What the gateway logs through; pino fits, as does anything else with these methods. */
export interface Logger {
  debug: LogLine
  info: LogLine
  warn: LogLine
  error: LogLine
}
