import assert from 'node:assert/strict'
import { test } from 'node:test'
import { first } from '../../../plugins/index.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'

test('the first endpoint is filled before the second one gets anything', () => {
  const ready = stands(3)
  const bench = new StrategyBench(first()).update(ready)
  const filled: number[] = []
  for (let flow = 0; flow < 9; flow++) {
    const endpoint = bench.pick()
    if (endpoint === undefined) assert.fail('none was picked')
    bench.start(endpoint)
    endpoint.isFull = endpoint.inflight === 3
    filled.push(endpoint.index)
  }
  assert.deepEqual(filled, [0, 0, 0, 1, 1, 1, 2, 2, 2])
  assert.equal(bench.pick(), undefined)
})

test('an endpoint with room again is taken again', () => {
  const ready = stands(2)
  const bench = new StrategyBench(first()).update(ready)
  const [a, b] = ready as [Stand, Stand]
  a.isFull = true
  assert.equal(bench.pick(), b)
  a.isFull = false
  assert.equal(bench.pick(), a)
})

test('a flow that avoids the first endpoint gets the second', () => {
  const [a, b] = stands(2) as [Stand, Stand]
  const bench = new StrategyBench(first()).update([a, b])
  assert.equal(bench.avoid(a).pick(), b)
  assert.equal(bench.avoid().pick(), a)
})
