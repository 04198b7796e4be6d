import { byRun, readResults } from '../papers/results.ts'
import { type Figure, isWithin } from '../papers/study.ts'
import { table } from './table.ts'

/** What `npm run simulate:papers` found in one study, beside what is published. */
export function figureTable(id: string): string {
  const result = readResults().find((one) => one.id === id)
  if (result === undefined) throw new Error(`no study ${id}: run npm run simulate:papers`)
  const rows = [...byRun(result)].map(([run, figures]) => ({ run, figures }))
  const whats = [...new Set(result.figures.map(({ what }) => what))]
  const isCompared = result.figures.some(({ expected }) => expected !== undefined)
  const head = whats.flatMap((what) => (isCompared ? [what, `expected`] : [what]))
  const body = rows.map(({ run, figures }) => [
    run,
    ...figures.flatMap((figure) => {
      return isCompared ? [shown(figure.measured), expectation(figure)] : [shown(figure.measured)]
    }),
    ...(isCompared ? [verdict(figures)] : []),
  ])
  return table([['', ...head, ...(isCompared ? ['verdict'] : [])], ...body])
}

function expectation({ expected, allowed = 0 }: Figure): string {
  return expected === undefined ? '' : `${expected} ± ${shown(allowed)}`
}

function verdict(figures: readonly Figure[]): string {
  if (figures.every(({ expected }) => expected === undefined)) return ''
  return figures.every(isWithin) ? 'within' : 'not within'
}

function shown(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : value < 99 ? 1 : value < 100 ? 2 : 0)))
}
