import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigFile } from '../../../core/config/config-file.ts'
import { loadConfig } from '../../../core/config/load.ts'
import { contextKey } from '../../../core/index.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { configFiles } from '../../support/config-files.ts'
import { waitFor } from '../../support/deadline.ts'

const KEYS = `
import { contextKey } from 'sluice'
export default { first: contextKey('key'), second: contextKey('key'), other: contextKey('other') }
`

test('a key is the same at each load of its file, and each call makes another', async (t) => {
  const files = configFiles(t)
  files.write('a.ts', KEYS)
  const [one, two] = [await loadConfig(files.path('a.ts')), await loadConfig(files.path('a.ts'))]
  assert.notEqual(one, two)
  assert.deepEqual(one, two)
  assert.equal(new Set(Object.values(one as object)).size, 3)
  files.write('b.ts', KEYS)
  assert.notDeepEqual(await loadConfig(files.path('b.ts')), one)
})

test('a key that is made outside of a load is always another', () => {
  assert.notEqual(contextKey('key'), contextKey('key'))
})

test('a config knows its files: those that it imports, and those that are not there', async (t) => {
  const files = configFiles(t)
  files.write('a.ts', "import './b.ts'\nimport 'sluice'\nexport default {}")
  files.write('b.ts', 'export {}')
  const config = new ConfigFile(files.path('a.ts'))
  await config.load()
  assert.deepEqual([...config.files.keys()], ['a.ts', 'b.ts'].map(files.path))
  files.write('a.ts', "import './c.ts'\nexport default {}")
  await assert.rejects(config.load())
  assert.deepEqual([...config.files.keys()], ['a.ts', 'b.ts', 'c.ts'].map(files.path))
})

test('loads at the same time see each other’s files as they are to each', async (t) => {
  const files = configFiles(t)
  files.write('a.ts', "import value from './shared.ts'\nexport default value")
  files.write('b.ts', "import value from './shared.ts'\nexport default value")
  files.write('shared.ts', 'export default { value: 1 }')
  const loads = ['a.ts', 'b.ts'].map((name) => new ConfigFile(files.path(name)))
  const [a, b] = await Promise.all(loads.map((config) => config.load()))
  assert.deepEqual(a, b)
  assert.notEqual(a, b)
  assert.deepEqual(
    loads.map((config) => [...config.files.keys()]),
    [['a.ts', 'shared.ts'].map(files.path), ['b.ts', 'shared.ts'].map(files.path)],
  )
})

test('a config that awaits what never comes is refused, and the next load has its turn', async (t) => {
  const files = configFiles(t)
  files.write('a.ts', 'await new Promise(globalThis.hangs)\nexport default {}')
  let isHanging = false
  Object.assign(globalThis, { hangs: () => (isHanging = true) })
  const clock = new VirtualClock()
  const config = new ConfigFile(files.path('a.ts'), clock)
  const refused = assert.rejects(config.load(), /a\.ts: has not loaded within 60 s; what does it /)
  await waitFor(() => isHanging, 'the config waits')
  const next = config.load()
  files.write('a.ts', 'export default { is: "mended" }')
  clock.advance(60_000)
  await refused
  assert.deepEqual(await next, { is: 'mended' })
})
