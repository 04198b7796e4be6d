import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { heapShare, oldLimit } from '../../../core/system/heap.ts'

const MIB = 2 ** 20
const SPLIT: readonly [string, string, number, number][] = [
  ['by default', '', 4_288, 4_096],
  ['on a small machine', '', 268, 256],
  ['with a size of its own', '--max-old-space-size=300', 492, 300],
  ['with underscores', '--max_old_space_size 300', 492, 300],
  ['the last size counts', '--max-old-space-size=300 --max-old-space-size=400', 592, 400],
  ['with small semi-spaces', '--max-semi-space-size=16', 4_144, 4_096],
]

for (const [what, flags, heap, old] of SPLIT) {
  test(`the old generation has its part of the heap, ${what}`, () => {
    assert.equal(Math.round(oldLimit(heap * MIB, flags) / MIB), old)
  })
}

test('the share of a heap that is hardly used is between 0 and 1', () => {
  assert.ok(heapShare() > 0 && heapShare() < 0.5)
})

test('a heap whose end is near is nearly full, however small it is', () => {
  // Not to the last: V8 gives up when its last collections have freed too little.
  const module = new URL('../../../core/system/heap.ts', import.meta.url)
  const fill = `import { writeSync } from 'node:fs'
    import { heapShare, oldLimit } from ${JSON.stringify(module.href)}
    const kept = []
    while (heapShare() < 0.9) kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i })))
    writeSync(1, 'nearly full')`
  const { stdout } = spawnSync(
    process.execPath,
    ['--max-old-space-size=128', '--input-type=module', '--eval', fill],
    { encoding: 'utf8', timeout: 30_000 },
  )
  assert.equal(stdout, 'nearly full')
})
