import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..')
const LONGEST_FILE = 250
const BARRELS = ['core/index.ts', 'plugins/index.ts']
// What users import by name: they gather, and have code of their own beside it.
const ENTRIES = [...BARRELS, 'core/gateway.ts', 'core/simulate.ts', 'core/testing.ts']
const NETWORK = ['fastify', 'undici', 'net', '@fastify/http-proxy']

interface Import {
  readonly from: string
  readonly isTypeOnly: boolean
  /** Loaded when the code gets there. */
  readonly isDynamic: boolean
}

interface Source {
  readonly file: string
  readonly lines: number
  /** Without comments. */
  readonly code: string
  readonly imports: readonly Import[]
}

const sources = [...read('core'), ...read('plugins')]
const byFile = new Map(sources.map((source) => [source.file, source]))

test('contracts import types only and hold nothing that runs', () => {
  const contracts = within('core/contracts')
  refuse(contracts, (one) => !one.isTypeOnly)
  const running = contracts.filter(({ code }) =>
    /^(export )?(async )?(const|let|function|class)\b/m.test(code),
  )
  assert.deepEqual(names(running), [])
})

test('core never imports plugins', () => {
  refuse(within('core'), (one, source) => target(source, one).startsWith('plugins/'))
  refuse(within('core'), (one, source) => one.from.startsWith('sluice') && !isDefault(one, source))
})

test('a plugin imports #core, its own parts and libraries, the standard list excepted', () => {
  const plugins = within('plugins').filter(({ file }) => file !== 'plugins/index.ts')
  assert.ok(plugins.length > 0)
  refuse(plugins, (one) => one.from.startsWith('#') && one.from !== '#core')
  refuse(plugins, (one) => one.from.startsWith('sluice'))
  refuse(plugins, (one, source) => {
    return one.from.startsWith('.') && !isOwnPart(source.file, target(source, one))
  })
})

test('upstreams, time, simulation and balancing import no network', () => {
  const quiet = ['core/upstream', 'core/system', 'core/simulate', 'plugins/balance'].flatMap(within)
  refuse(quiet, (one) => NETWORK.includes(one.from.replace(/^node:/, '')))
  for (const { file } of quiet) {
    const loaded = [...runtimeClosure(file)].filter((name) => NETWORK.includes(name))
    assert.deepEqual(loaded, [], `${file} loads it through others`)
  }
})

test('undici is imported by the client alone', () => {
  assert.deepEqual(importersOf('undici'), ['core/http/client.ts'])
})

test('ioredis is known to one file', () => {
  assert.deepEqual(importersOf('ioredis'), ['core/redis/ioredis.ts'])
})

test('the dependency injection library is imported by the container alone', () => {
  assert.deepEqual(importersOf('tsyringe'), ['core/container/container.ts'])
  assert.deepEqual(importersOf('reflect-metadata'), ['core/container/container.ts'])
})

test('only the public entries pass on what other files export', () => {
  const passing = sources.filter(({ code }) =>
    /^export\b[^'"\n]*(\{[^}]*\}|\*)[^'"\n]* from /m.test(code),
  )
  assert.deepEqual(
    names(passing).filter((file) => !ENTRIES.includes(file)),
    [],
  )
})

test(`no file is longer than ${LONGEST_FILE} lines`, () => {
  const long = sources.filter(({ lines }) => lines > LONGEST_FILE)
  assert.deepEqual(
    long.map(({ file, lines }) => `${file}: ${lines}`),
    [],
  )
})

test('file names are kebab-case nouns of the domain', () => {
  const words = sources.map(({ file }) => basename(file, '.ts'))
  assert.deepEqual(
    words.filter((word) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(word)),
    [],
  )
  const vague = /(^|-)(utils?|helpers?|common|managers?|services?|misc|shared)(-|$)/
  const parts = sources.flatMap(({ file }) => file.replace(/\.ts$/, '').split('/'))
  assert.deepEqual(
    parts.filter((part) => vague.test(part)),
    [],
  )
})

test('time and chance live in core/system', () => {
  const direct =
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b|\bset(Timeout|Interval)\(|\bMath\.random\b|node:timers/
  const users = sources.filter(({ file }) => !file.startsWith('core/system/'))
  assert.deepEqual(names(users.filter(({ code }) => direct.test(code))), [])
})

test('nothing is typed any, and no check of the compiler or linter is switched off', () => {
  const loose = /(?::|\bas|<|\||&|,)\s*any\b|\bany\[\]/
  assert.deepEqual(names(sources.filter(({ code }) => loose.test(code))), [])
  const silenced = /@ts-(ignore|nocheck|expect-error)|biome-ignore/
  const files = sources.filter(({ file }) => silenced.test(text(file)))
  assert.deepEqual(names(files), [])
})

test('default exports stand in configs alone', () => {
  assert.deepEqual(names(sources.filter(({ code }) => /^export default/m.test(code))), [])
})

test('importing sluice and sluice/plugins loads no Fastify, no undici, no ioredis and no jose', async () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { console.log(url); return next(url, context) } })
    await import('sluice')
    await import('sluice/plugins')`
  const args = ['-C', 'sluice-source', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    timeout: 20_000,
  })
  const loaded = stdout.trim().split('\n')
  assert.ok(loaded.some((url) => url.endsWith('/core/index.ts')))
  assert.deepEqual(
    loaded.filter((url) => /node_modules\/(fastify|undici|ioredis|jose|@fastify)\//.test(url)),
    [],
  )
})

function read(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .map((file) => {
      const whole = text(file)
      const code = withoutComments(whole)
      return { file, lines: whole.trimEnd().split('\n').length, code, imports: importsOf(code) }
    })
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

// Texts and regular expressions come first, so that the slashes in them begin no comment.
function withoutComments(code: string): string {
  const token =
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[=(,:!&|?]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return code.replace(token, (found) => (/^\/[/*]/.test(found) ? '' : found))
}

function importsOf(code: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\}|\w+(?:\s*,\s*\{[^}]*\})?)\s+from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm
  return Array.from(code.matchAll(statement), ([, type, from, bare, dynamic]) => ({
    from: from ?? bare ?? dynamic ?? '',
    isTypeOnly: type !== undefined,
    isDynamic: dynamic !== undefined,
  }))
}

/** Every package and file of ours that importing a file loads. */
function runtimeClosure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = byFile.get(file)
  for (const one of source?.imports ?? []) {
    if (one.isTypeOnly || source === undefined) continue
    const to = target(source, one)
    if (to === '') seen.add(one.from.replace(/^node:/, ''))
    else runtimeClosure(to, seen)
  }
  return seen
}

// A route's own fields (`to` with shares, `rewrite` and so on) need no import in a config, so one file
// of core loads the plugins behind them: by the package's name, as anybody would, and only when a
// config has such a field and binds nothing else to ROUTE_PLUGINS.
function isDefault(one: Import, source: Source): boolean {
  return (
    source.file === 'core/standard-plugins.ts' && one.from === 'sluice/plugins' && one.isDynamic
  )
}

/** The file of ours that an import means; empty for packages. */
function target(source: Source, { from }: Import): string {
  if (from === '#core') return 'core/index.ts'
  return from.startsWith('.') ? join(dirname(source.file), from) : ''
}

// A plugin is a file of plugins/routing, or a folder of its own elsewhere. The strategies are one
// family: they share accounts and tables, and the hashing ones fall back to others.
function isOwnPart(file: string, to: string): boolean {
  const home = dirname(file)
  return home !== 'plugins/routing' && !relative(home, to).startsWith('..')
}

function within(folder: string): Source[] {
  return sources.filter(({ file }) => file.startsWith(`${folder}/`))
}

function names(list: readonly Source[]): string[] {
  return list.map(({ file }) => file).sort()
}

function importersOf(library: string): string[] {
  return names(sources.filter(({ imports }) => imports.some(({ from }) => from === library)))
}

function refuse(list: readonly Source[], isWrong: (one: Import, source: Source) => boolean): void {
  const wrong = list.flatMap((source) =>
    source.imports
      .filter((one) => isWrong(one, source))
      .map((one) => `${source.file} imports ${one.from}`),
  )
  assert.deepEqual(wrong, [])
}
