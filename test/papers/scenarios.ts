/**
 * Runs every scenario of the docs in its full form, says what is not as expected, and writes the
 * figures and the picture of docs/explain/thundering-herd. `--only NAME` runs one.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runScenario, type ScenarioFile } from 'sluice/simulate'
import { simulatedTable, simulatedTroubles } from '../../core/cli/simulated.ts'
import { overview } from '../../core/simulate/html/charts.ts'
import { drawing } from '../../core/simulate/html/drawing.ts'
import { figureText } from '../../core/simulate/scenarios/wording.ts'
import { FOLDER } from './results.ts'

const SCENARIOS = new URL('../../docs/examples/scenarios/', import.meta.url)
const PICTURED = 'herd-after-a-failure'
const WIDTH = 720
const SHOWN = ['goodput', 'errorShare', 'p99', 'amplification', 'timeToRecover'] as const

/** What a scenario came to, variant by variant, as the docs show it. */
export type ScenarioRows = Readonly<Record<string, readonly (readonly string[])[]>>

/** The figures of the last run, by the scenario's name. */
export function scenarioRows(): ScenarioRows {
  return existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {}
}

const RESULTS = new URL('scenarios.json', FOLDER)

if (import.meta.main) {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const rows: Record<string, readonly (readonly string[])[]> = { ...scenarioRows() }
  for (const file of readdirSync(SCENARIOS).sort()) {
    const name = file.replace(/\.ts$/, '')
    if (values.only !== undefined && values.only !== name) continue
    rows[name] = await measured(name)
  }
  writeFileSync(RESULTS, `${JSON.stringify(rows, null, 2)}\n`)
}

async function measured(name: string): Promise<readonly (readonly string[])[]> {
  const { default: scenario } = (await import(new URL(`${name}.ts`, SCENARIOS).href)) as {
    readonly default: ScenarioFile
  }
  const startedAt = performance.now()
  const report = await runScenario(scenario)
  console.log(simulatedTable(report, performance.now() - startedAt, ''))
  for (const line of simulatedTroubles(report)) console.error(line)
  if (!report.isAsExpected) process.exitCode = 1
  if (name === PICTURED) {
    const draw = await drawing()
    // A picture in a page of text has no style around it to take its color from.
    const svg = await draw({ ...overview(report, WIDTH), background: 'white' })
    writeFileSync(new URL(`${name}.svg`, FOLDER), `${svg.replaceAll('currentColor', '#1b1f24')}\n`)
  }
  return report.variants.map(({ name: variant, figures }) => [
    variant,
    ...SHOWN.map((figure) => figureText(figure, figures[figure])),
  ])
}
