import { destination, pino } from 'pino'
import type { Logger } from '../contracts/logger.ts'

/** JSON lines to stderr; `LOG_LEVEL` chooses the least level, `info` by default. */
export function systemLogger(): Logger {
  return pino({ level: process.env.LOG_LEVEL || 'info' }, destination({ fd: 2, sync: true }))
}
