import type { FigureName } from '../simulate/scenarios/resolve-expectations.ts'
import type { ScenarioReport, VariantReport } from '../simulate/scenarios/scenario-report.ts'
import { figureText, numberText, timeText, verdictText } from '../simulate/scenarios/wording.ts'
import { table } from './table.ts'

const COLUMNS: readonly FigureName[] = [
  'goodput',
  'errorShare',
  'p50',
  'p99',
  'amplification',
  'timeToRecover',
]
const HEADS = ['variant', 'goodput', 'failed', 'p50', 'p99', 'attempts', 'recovers', 'expected']

/** A report as a terminal shows it. `out` is where the pictures are. */
export function simulatedTable(report: ScenarioReport, tookMs: number, out: string): string {
  const { title, seed, variants } = report
  const sent = variants.reduce((sum, variant) => sum + variant.sent, 0)
  const rows = variants.map((variant) => [
    variant.name,
    ...COLUMNS.map((figure) => figureText(figure, variant.figures[figure])),
    verdictOn(variant),
  ])
  const rate = numberText(sent / Math.max(1e-3, tookMs / 1_000))
  return [
    `${title}, seed ${seed}`,
    ...table([HEADS, ...rows]),
    `${sent.toLocaleString('en')} requests in ${timeText(tookMs)}, ${rate} a second`,
    ...(out === '' ? [] : [`report: ${out}`]),
  ].join('\n')
}

/** A report as data. What never happened is `"never"`, what was not there `null`. */
export function simulatedJson(report: ScenarioReport): string {
  const plain = (_key: string, value: unknown): unknown => {
    if (value === Number.POSITIVE_INFINITY) return 'never'
    if (value === Number.MAX_VALUE) return undefined
    return typeof value === 'number' && Number.isNaN(value) ? null : value
  }
  return JSON.stringify(report, plain, 2)
}

/** What is not as expected, and what was logged as an error, a line each. */
export function simulatedTroubles({ variants }: ScenarioReport): string[] {
  return variants.flatMap(({ name, verdicts, errors }) => [
    ...verdicts.filter(({ holds }) => !holds).map((one) => `${name}: ${verdictText(one)}`),
    ...errors.slice(0, 1).map(({ message, fields }) => {
      const cause = Object.values(fields).find((one) => one instanceof Error)
      const told = cause instanceof Error ? `: ${cause.message}` : ''
      return `warning: ${name}: ${errors.length} errors were logged, first: ${message}${told}`
    }),
  ])
}

function verdictOn({ verdicts }: VariantReport): string {
  const failed = verdicts.filter(({ holds }) => !holds).length
  if (verdicts.length === 0) return 'nothing'
  return failed === 0 ? 'as expected' : `${failed} of ${verdicts.length} NOT`
}
