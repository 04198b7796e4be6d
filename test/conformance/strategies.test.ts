import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformance } from '../../core/conformance/conformance.ts'
import { standardStrategies } from './strategy-bench.ts'

const strategies = standardStrategies()

test('the standard list has strategies to try', () => {
  const names = strategies.map(([name]) => name)
  for (const name of ['random', 'roundRobin']) assert.ok(names.includes(name), name)
})

for (const [strategy, use, claims] of strategies) {
  for (const { name, run } of conformance(use, claims)) test(`${strategy}: ${name}`, run)
}
