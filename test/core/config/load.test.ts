import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../../../core/config/config-error.ts'
import { env } from '../../../core/config/env.ts'
import { loadConfig } from '../../../core/config/load.ts'
import { CLOCK, type GatewayConfig } from '../../../core/index.ts'
import { roundRobin } from '../../../plugins/index.ts'

const home = mkdtempSync(join(tmpdir(), 'sluice-load-'))
after(() => rmSync(home, { recursive: true, force: true }))

let folders = 0

/** Writes files into a new folder and gives the path of the first one. */
function written(files: Readonly<Record<string, string>>): string {
  const folder = join(home, String(++folders))
  for (const [name, content] of Object.entries(files)) write(join(folder, name), content)
  return join(folder, Object.keys(files)[0] ?? '')
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

async function refusal(file: string): Promise<string> {
  const error: unknown = await loadConfig(file).then(
    () => assert.fail('it loaded'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ConfigError, String(error))
  assert.equal(error.problems.length, 1)
  return error.message
}

test('a default export is given as it is, a promise awaited', async () => {
  const file = written({ 'a.ts': 'const port: number = 1\nexport default { http: { port } }' })
  assert.deepEqual(await loadConfig(file), { http: { port: 1 } })
  const promised = written({ 'a.ts': 'export default Promise.resolve({ http: 2 })' })
  assert.deepEqual(await loadConfig(promised), { http: 2 })
})

test('plain JavaScript loads too, as .js and as .mjs', async () => {
  for (const name of ['a.js', 'a.mjs']) {
    const file = written({
      [name]: 'export default { http: 1 }',
      'package.json': '{"type":"module"}',
    })
    assert.deepEqual(await loadConfig(file), { http: 1 })
  }
})

test('a .ts config loads as a module in a package that says commonjs', async () => {
  const file = written({
    'a.ts': "import { port } from './b.ts'\nexport default { port }",
    'b.ts': 'export const port = 3',
    'package.json': '{ "type": "commonjs" }',
  })
  assert.deepEqual(await loadConfig(file), { port: 3 })
})

test('a file that is missing is named, with what to do', async () => {
  const message = await refusal(join(home, 'nowhere.ts'))
  assert.match(message, /nowhere\.ts: no such file; name another one with -c$/)
})

test('a file that does not parse is named, one in TypeScript with the line', async () => {
  const ts = written({ 'a.ts': 'const a: number = 1\nexport default {\n  http: ,\n}' })
  assert.match(await refusal(ts), /a\.ts: does not parse: [^\n]*a\.ts:3\)$/)
  // V8 keeps the line of a JavaScript module to itself.
  const js = written({ 'a.mjs': 'const a = 1\nexport default {\n  http: ,\n}' })
  assert.match(await refusal(js), /a\.mjs: does not parse: Unexpected token ','/)
})

test('a file that is imported and does not parse is named with its own line', async () => {
  const file = written({
    'a.ts': "import './b.ts'\nexport default {}",
    'b.ts': 'export const b: number = 1\nexport const c = ,',
  })
  assert.match(await refusal(file), /a\.ts: does not parse: [^\n]*b\.ts:2\)$/)
})

test('a file that exports nothing is told how to end', async () => {
  const message = await refusal(written({ 'a.ts': 'export const http = 1' }))
  assert.match(message, /exports nothing; end it with `export default defineGateway\(\{ … \}\)`$/)
})

test('a promise that rejects is told by its reason', async () => {
  const file = written({ 'a.ts': "export default Promise.reject(new Error('vault is sealed'))" })
  assert.match(await refusal(file), /exports a promise that was rejected: vault is sealed$/)
})

test('a file that throws while loading is told by what it threw', async () => {
  const file = written({ 'a.ts': "throw new Error('no vault')\nexport default {}" })
  assert.match(await refusal(file), /a\.ts: failed while loading: no vault$/)
  const odd = written({ 'a.ts': "throw 'a text'\nexport default {}" })
  assert.match(await refusal(odd), /failed while loading: a text$/)
})

test('an import that is missing is told by its name', async () => {
  const file = written({ 'a.ts': "import './gone.ts'\nexport default {}" })
  assert.match(await refusal(file), /failed while loading: .*gone\.ts/)
})

test('an environment variable that is not set, or empty, is named', () => {
  const name = 'SLUICE_TEST_VALUE'
  delete process.env[name]
  const missing = { problems: [`the environment variable ${name} is not set`] }
  assert.throws(() => env(name), missing)
  process.env[name] = ''
  assert.throws(() => env(name), missing)
  process.env[name] = 'x'
  assert.equal(env(name), 'x')
  delete process.env[name]
})

test('a config that needs a missing variable is refused by the variable’s name', async () => {
  const source = new URL('../../../core/config/env.ts', import.meta.url).href
  const file = written({
    'a.ts': `import { env } from '${source}'\nexport default { secret: env('SLUICE_TEST_GONE') }`,
  })
  assert.match(await refusal(file), /a\.ts: the environment variable SLUICE_TEST_GONE is not set$/)
})

test('every load sees the files that were edited, those it imports included', async () => {
  const file = written({
    'a.ts': "import { b } from './parts/b.ts'\nexport default { a: 1, b }",
    'parts/b.ts': "import { c } from '../c.ts'\nexport const b = { c }",
    'c.ts': 'export const c = 1',
  })
  assert.deepEqual(await loadConfig(file), { a: 1, b: { c: 1 } })
  write(join(dirname(file), 'c.ts'), 'export const c = 2')
  assert.deepEqual(await loadConfig(file), { a: 1, b: { c: 2 } })
  write(file, "import { b } from './parts/b.ts'\nexport default { a: 3, b }")
  assert.deepEqual(await loadConfig(file), { a: 3, b: { c: 2 } })
})

test('files imported while the config runs are seen anew too', async () => {
  const file = written({
    'a.ts': "const { b } = await import('./b.ts')\nexport default { b }",
    'b.ts': 'export const b = 1',
  })
  assert.deepEqual(await loadConfig(file), { b: 1 })
  write(join(dirname(file), 'b.ts'), 'export const b = 2')
  assert.deepEqual(await loadConfig(file), { b: 2 })
})

test('a file that was broken loads once it is mended', async () => {
  const file = written({ 'a.ts': 'export default {' })
  await refusal(file)
  write(file, 'export default { mended: true }')
  assert.deepEqual(await loadConfig(file), { mended: true })
})

test('a module that two files of one load import is loaded once', async () => {
  const file = written({
    'a.ts':
      "import { b } from './b.ts'\nimport { shared } from './c.ts'\nexport default { b, shared }",
    'b.ts': "import { shared } from './c.ts'\nexport const b = shared",
    'c.ts': 'export const shared = {}',
  })
  const { b, shared } = (await loadConfig(file)) as { b: object; shared: object }
  assert.equal(b, shared)
})

test('packages are loaded once, however often the config is', async () => {
  const file = written({
    'a.ts': "import { token } from 'kept'\nexport default { token }",
    'node_modules/kept/package.json': '{ "name": "kept", "type": "module", "exports": "./i.js" }',
    'node_modules/kept/i.js': 'export const token = Symbol("kept")',
  })
  const first = (await loadConfig(file)) as { token: symbol }
  const second = (await loadConfig(file)) as { token: symbol }
  assert.notEqual(first, second)
  assert.equal(first.token, second.token)
})

test('Sluice itself is never loaded twice: its tokens and factories stay the same', async () => {
  const file = join(import.meta.dirname, 'fixtures', 'imports-sluice.config.ts')
  const first = (await loadConfig(file)) as GatewayConfig
  const second = (await loadConfig(file)) as GatewayConfig
  assert.notEqual(first, second)
  for (const config of [first, second]) {
    assert.equal(config.provide?.[0]?.token, CLOCK)
    assert.equal(config.upstreams.users?.balance.definition, roundRobin().definition)
  }
})
