import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformance } from '../../core/conformance/conformance.ts'
import { BROKEN } from './broken-strategies.ts'

for (const [mistake, { use, claims, found }] of Object.entries(BROKEN)) {
  test(`a strategy that ${mistake} fails the kit, and for that reason`, () => {
    const failed = conformance(use, claims).filter(({ run }) => fails(run))
    for (const name of found) {
      assert.ok(
        failed.some((check) => check.name.includes(name)),
        `"${name}" did not find it; these failed: ${failed.map((check) => check.name).join('; ')}`,
      )
    }
  })
}

function fails(run: () => void): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}
