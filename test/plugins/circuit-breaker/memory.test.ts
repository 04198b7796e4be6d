import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Bench } from '../../core/upstream/scripted.ts'
import { Breaking } from './breaking.ts'

const BREAKERS = 10_000
const MOST_BYTES = 50e6

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('10,000 breakers, each with calls in its window, take less than 50 MB', (t) => {
  const ids = Array.from({ length: BREAKERS }, (_, place) => `e${place}`)
  const without = heapOf(() => new Bench(...ids))
  const it = new Breaking(ids)
  for (const id of ids) it.send(id, 2)
  collect()
  const before = process.memoryUsage().heapUsed
  it.bench.configure()
  collect()
  const freed = before - process.memoryUsage().heapUsed
  // What goes with the endpoints themselves is not the breakers'.
  t.diagnostic(`${((freed - without) / BREAKERS / 1e3).toFixed(2)} kB each`)
  assert.ok(freed - without < MOST_BYTES, `${((freed - without) / 1e6).toFixed(1)} MB`)
  assert.ok(freed > 1e6, 'they are gone with their endpoints')
})

function heapOf(make: () => unknown): number {
  collect()
  const before = process.memoryUsage().heapUsed
  const made = make()
  collect()
  return made === null ? 0 : process.memoryUsage().heapUsed - before
}
