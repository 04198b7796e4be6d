import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { drawing } from '../simulate/html/drawing.ts'
import { pageOf } from '../simulate/html/page.ts'
import type { ScenarioReport } from '../simulate/scenarios/scenario-report.ts'
import { runScenario } from '../simulate.ts'
import { systemClock } from '../system/clock.ts'
import { EXIT, giveUp } from './exit.ts'
import { Nonsense } from './nonsense.ts'
import { Progress } from './progress.ts'
import { ScenarioSource } from './scenario-source.ts'
import { simulatedJson, simulatedTable, simulatedTroubles } from './simulated.ts'

/** What stands on the command line of `simulate`. */
export interface SimulateLine {
  /** The scenario's file. */
  readonly args: readonly string[]
  readonly json: boolean
  /** Where the report goes; empty for beside the scenario's name, here. */
  readonly out: string
  readonly hasReport: boolean
  readonly seed: string
  readonly only: string
  readonly quick: boolean
}

/**
 * Runs a scenario in virtual time, prints its figures and writes its report.
 *
 * @throws Nonsense when the command makes none
 */
export async function simulate(line: SimulateLine): Promise<number> {
  const [file, ...rest] = line.args
  if (file === undefined || rest.length > 0) {
    throw new Nonsense('simulate takes one scenario, such as scenario.ts')
  }
  const seed = seedOf(line.seed)
  const source = new ScenarioSource(file)
  const progress = new Progress(process.stderr)
  try {
    const scenario = await source.load({ quick: line.quick })
    const { out, hasReport } = placeOf(line, file)
    // Before the run: whoever waited for minutes must not be told then that nothing can be drawn.
    const draw = hasReport ? await drawing() : undefined
    const startedAt = systemClock.now()
    const options = {
      ...(seed === undefined ? {} : { seed }),
      ...(line.only === '' ? {} : { only: line.only }),
    }
    const report = await runScenario(scenario, {
      ...options,
      progress: (variant, share) => progress.show(variant, share),
    })
    const tookMs = systemClock.now() - startedAt
    progress.clear()
    if (draw !== undefined) await writeFile(out, await pageOf(report, draw))
    tell(report, line, tookMs, draw === undefined ? '' : out)
    return report.isAsExpected ? EXIT.fine : EXIT.configIsWrong
  } catch (error: unknown) {
    progress.clear()
    return giveUp(source.placed(error))
  }
}

function tell(report: ScenarioReport, { json }: SimulateLine, tookMs: number, out: string): void {
  if (json) console.log(simulatedJson(report))
  else console.log(simulatedTable(report, tookMs, out))
  for (const line of simulatedTroubles(report)) console.error(`sluice: ${line}`)
}

function placeOf({ out, json, hasReport }: SimulateLine, file: string) {
  const named = out === '' ? `${basename(file).replace(/\.[^.]*$/, '')}.html` : out
  return { out: named, hasReport: hasReport && (out !== '' || !json) }
}

function seedOf(text: string): number | undefined {
  if (text === '') return undefined
  const seed = Number(text)
  if (/^-?\d+$/.test(text) && seed >= -(2 ** 31) && seed < 2 ** 32) return seed
  throw new Nonsense(`--seed is a whole number of 32 bits, got "${text}"`)
}
