import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StrategyBench, standardStrategies, stands } from '../../conformance/strategy-bench.ts'

const ENDPOINTS = 10_000
// A tenth of it is what one takes; something quadratic takes far more.
const MOST_MS = 100

for (const [name, use] of standardStrategies()) {
  test(`${name}: an update of ${ENDPOINTS} endpoints of which one changed is no work for seconds`, () => {
    const all = stands(ENDPOINTS).map((stand, place) => ({ ...stand, weight: 1 + (place % 3) }))
    const bench = new StrategyBench(use()).update(all)
    const spent = Array.from({ length: 5 }, (_, round) => {
      const ready = all.filter((_one, place) => place !== round * 1_999)
      bench.send()
      const start = process.cpuUsage()
      bench.update(ready)
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1_000
    })
    assert.ok(Math.min(...spent) < MOST_MS, `${spent} ms`)
    assert.notEqual(bench.pick(), undefined)
  })
}
