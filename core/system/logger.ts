import { destination, pino } from 'pino'
import type { Logger } from '../contracts/logger.ts'

const LEVELS = [...Object.keys(pino.levels.values), 'silent']

/**
 * JSON lines to stderr; `LOG_LEVEL` chooses the least level, `info` by default.
 *
 * @throws RangeError for a level that there is not
 */
export function systemLogger(): Logger {
  const level = process.env.LOG_LEVEL || 'info'
  if (!LEVELS.includes(level)) {
    throw new RangeError(`LOG_LEVEL must be one of ${LEVELS.join(', ')}, got "${level}"`)
  }
  return pino({ level }, destination({ fd: 2, sync: true }))
}
