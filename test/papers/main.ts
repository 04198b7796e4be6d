/**
 * Measures every figure of docs/explain/choosing-a-strategy at full length, says how far each is from
 * what is expected, and writes results and pictures. `--only ID` measures one study, `--draw` none.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { drawAll } from './charts.ts'
import { type Curve, FOLDER, RESULTS, readResults, type StudyResult } from './results.ts'
import { measured, STUDIES } from './studies.ts'
import { type Figure, figuresOf, isWithin, type Study } from './study.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, draw: { type: 'boolean', default: false } },
})

mkdirSync(FOLDER, { recursive: true })
if (!values.draw) await measureAll()
await drawAll(readResults())

async function measureAll(): Promise<void> {
  const kept = values.only === undefined ? [] : readResults()
  const results: StudyResult[] = []
  for (const study of STUDIES) {
    const before = kept.find(({ id }) => id === study.id)
    const isWanted = values.only === undefined || values.only === study.id
    if (isWanted) results.push(await measure(study))
    else if (before !== undefined) results.push(before)
  }
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  const off = results.flatMap(({ figures }) => figures).filter((figure) => !isWithin(figure))
  console.log(off.length === 0 ? 'all as expected' : `${off.length} are not as expected`)
  if (off.length > 0) process.exitCode = 1
}

async function measure({ id, setUp, runs }: Study): Promise<StudyResult> {
  console.log(`\n${id}: ${setUp}`)
  const figures: Figure[] = []
  const curves: Record<string, Curve> = {}
  for (const run of runs) {
    const report = await measured(run)
    const found = figuresOf(run, report)
    figures.push(...found)
    if (report.slices.length > 0) {
      curves[run.name] = {
        mean: report.slices.map(({ meanMs }) => Math.round(meanMs * 10) / 10),
        p99: report.slices.map(({ p99Ms }) => Math.round(p99Ms * 10) / 10),
      }
    }
    for (const figure of found) console.log(line(figure))
  }
  return { id, setUp, figures, curves }
}

function line(figure: Figure): string {
  const { run, what, measured: value, expected, allowed = 0 } = figure
  const told = `${run.padEnd(46)} ${what.padEnd(8)} ${value.toFixed(3).padStart(8)}`
  if (expected === undefined) return told
  const verdict = isWithin(figure) ? 'as expected' : 'NOT AS EXPECTED'
  return `${told}  expected ${expected} ± ${allowed.toFixed(2)}: ${verdict}`
}
