import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScenario } from 'sluice/simulate'
import scenario from './first.scenario.ts'

test('a crash of one of five endpoints is nothing that clients see', async () => {
  const { variants, isAsExpected } = await runScenario(scenario, { only: 'cured' })
  assert.ok(isAsExpected, JSON.stringify(variants[0]?.verdicts))
  assert.deepEqual(variants[0]?.errors, [])
})
