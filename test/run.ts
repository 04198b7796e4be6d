import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Everything that must hold, in one command: form, types, then every test with node's own summary.
const STEPS: readonly (readonly string[])[] = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['node_modules/typescript/bin/tsc'],
  ['-C', 'sluice-source', '--test', '--test-concurrency=2', '--test-timeout=120000', ...tests()],
]

// Each file is a process of its own, and loads the same code: what one compiled the others need not.
const compiled = mkdtempSync(join(tmpdir(), 'sluice-tests-'))
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }))

for (const step of STEPS) {
  const code = await run(step)
  if (code === 0) continue
  console.error(`failed: ${step.slice(0, 3).join(' ')}`)
  process.exit(code)
}

// Node exits 0 when a pattern matches nothing, so the files are listed here.
function tests(): string[] {
  const files = globSync('test/**/*.test.ts').sort()
  if (files.length === 0) throw new Error('no test found')
  return process.argv.length > 2 ? process.argv.slice(2) : files
}

function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  })
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}
