/** `npm run chaos`: the long forms of what must survive, each a test file of this folder. See README.md. */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const FOLDER = import.meta.dirname
const TIMEOUT_MS = 600_000

const names = process.argv.slice(2)
const all = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && file !== basename(import.meta.filename))
  .map((file) => basename(file, '.ts'))
  .sort()
const chosen = all.filter((file) => names.length === 0 || names.some((name) => file.includes(name)))
if (chosen.length === 0) {
  console.error(`nothing is called ${names.join(' or ')}; there are: ${all.join(', ')}`)
  process.exit(2)
}

// One after the other: they measure what is lost, and would take the machine from each other.
const args = [
  '-C',
  'sluice-source',
  '--test',
  '--test-concurrency=1',
  `--test-timeout=${TIMEOUT_MS}`,
]
const files = chosen.map((name) => join(FOLDER, `${name}.ts`))
const child = spawn(process.execPath, [...args, ...files], { stdio: 'inherit' })
child.on('close', (code) => process.exit(code ?? 1))
