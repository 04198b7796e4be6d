import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemLogger } from '../../../core/system/logger.ts'

test('a level that there is not is refused with those that there are', (t) => {
  const before = process.env.LOG_LEVEL
  t.after(() => {
    if (before === undefined) delete process.env.LOG_LEVEL
    else process.env.LOG_LEVEL = before
  })
  process.env.LOG_LEVEL = 'loud'
  const message =
    /^LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "loud"$/
  assert.throws(systemLogger, { name: 'RangeError', message })
  process.env.LOG_LEVEL = 'silent'
  assert.doesNotThrow(systemLogger)
})
