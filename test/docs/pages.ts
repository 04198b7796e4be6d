import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { errorTable } from './error-table.ts'
import { figureTable } from './figure-table.ts'
import { operationTable } from './operation-table.ts'
import { optionTable } from './option-tables.ts'
import { pluginOptions } from './plugin-options.ts'
import { scenarioTable } from './scenario-table.ts'
import { declaration, ROOT, region } from './source.ts'

/** Every page that people read, by its path in the repository. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: fileURLToPath(ROOT) }).sort(),
]

// Without its code too, so that a marker alone is found to lack it.
const FENCE =
  /<!-- (example|contract|output): (.+?) -->(?:\n```(ts|js|text|yaml|ini|sh)\n[\s\S]*?```)?/g
const TABLE =
  /<!-- (options|plugin-options|errors|figures|operations|scenario): ([\w-]+) -->\n(?:\|.*\n)*/g

/** A page with every generated part made anew from what it shows. */
export function rendered(page: string): string {
  return page
    .replace(FENCE, (_all, kind: string, what: string, language = languageOf(kind)) => {
      return `<!-- ${kind}: ${what} -->\n\`\`\`${language}\n${content(kind, what)}\n\`\`\``
    })
    .replace(TABLE, (_all, kind: string, what: string) => {
      return `<!-- ${kind}: ${what} -->\n${generated(kind, what)}\n`
    })
}

function languageOf(kind: string): string {
  return kind === 'output' ? 'text' : 'ts'
}

function generated(kind: string, what: string): string {
  if (kind === 'errors') return errorTable()
  if (kind === 'operations') return operationTable()
  if (kind === 'figures') return figureTable(what)
  if (kind === 'scenario') return scenarioTable(what)
  return kind === 'options' ? optionTable(what) : pluginOptions(what)
}

function content(kind: string, what: string): string {
  if (kind === 'output') return output(what)
  const [file = '', name] = what.split(kind === 'example' ? '#' : ' ')
  if (kind === 'example') {
    const regions = name?.split('+') ?? [undefined]
    return regions.map((one) => region(`docs/examples/${file}`, one)).join('\n\n')
  }
  if (name === undefined) throw new Error(`"contract: ${what}" names no type`)
  return declaration(`core/contracts/${file}`, name)
}

/** What the command prints for some arguments. */
function output(args: string): string {
  const command = ['-C', 'sluice-source', fileURLToPath(new URL('core/cli/main.ts', ROOT))]
  const cwd = fileURLToPath(new URL('docs/examples/', ROOT))
  const ran = spawnSync(process.execPath, [...command, ...args.split(' ')], {
    cwd,
    encoding: 'utf8',
  })
  return (ran.stdout + ran.stderr).trim()
}
