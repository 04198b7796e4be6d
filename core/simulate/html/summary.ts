import type { FigureName } from '../scenarios/resolve-expectations.ts'
import type { VariantReport } from '../scenarios/scenario-report.ts'
import { figureText, verdictText } from '../scenarios/wording.ts'
import { anchor, escaped } from './escaped.ts'

const COLUMNS: readonly (readonly [FigureName, string])[] = [
  ['goodput', 'goodput'],
  ['errorShare', 'failed requests'],
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['amplification', 'attempts a call'],
  ['timeToRecover', 'recovers after'],
]

/** The variants' figures side by side. */
export function summary(variants: readonly VariantReport[]): string {
  const hasTrouble = variants.some(({ trouble }) => trouble !== undefined)
  const columns = COLUMNS.filter(([figure]) => figure !== 'timeToRecover' || hasTrouble)
  const best = Math.max(1e-9, ...variants.map(({ figures }) => figures.goodput))
  const rows = variants.map((variant) => {
    const { name, figures } = variant
    const cells = columns.map(([figure, label]) => {
      const bar = figure === 'goodput' ? barOf(figures.goodput / best) : ''
      const mood = moodOf(figure, figures[figure])
      return `<td data-label="${label}"${mood}>${figureText(figure, figures[figure])}${bar}</td>`
    })
    return `<tr><th scope="row"><a href="#${anchor(name)}">${escaped(name)}</a></th>${cells.join('')}${verdictCell(variant)}</tr>`
  })
  const heads = columns.map(([, label]) => `<th scope="col">${label}</th>`)
  return `<section><h2>At a glance</h2>
<table class="summary">
<thead><tr><th scope="col">variant</th>${heads.join('')}<th scope="col">expected</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></section>`
}

/** What was expected of a variant, line by line. */
export function verdicts({ verdicts: list, errors }: VariantReport): string {
  const lines = list.map((verdict) => {
    const kind = verdict.holds ? 'holds' : 'fails'
    return `<li class="${kind}">${escaped(verdictText(verdict))}</li>`
  })
  if (errors.length > 0) {
    const [first] = errors
    lines.push(
      `<li class="fails">${errors.length} errors were logged, first: ${escaped(first?.message ?? '')}</li>`,
    )
  }
  return lines.length === 0 ? '' : `<ul class="verdicts">${lines.join('')}</ul>`
}

function verdictCell({ verdicts: list }: VariantReport): string {
  const failed = list.filter(({ holds }) => !holds).length
  const text =
    list.length === 0 ? 'nothing' : failed === 0 ? 'as expected' : `${failed} of ${list.length} not`
  const kind = list.length === 0 ? '' : failed === 0 ? ' class="holds"' : ' class="fails"'
  return `<td data-label="expected"${kind}>${text}</td>`
}

function moodOf(figure: FigureName, value: number): string {
  if (figure === 'timeToRecover' && value === Number.POSITIVE_INFINITY) return ' class="bad"'
  if (figure === 'errorShare' && value > 0.2) return ' class="bad"'
  return ''
}

function barOf(share: number): string {
  return `<i class="bar" style="width:${Math.round(share * 100)}%"></i>`
}
