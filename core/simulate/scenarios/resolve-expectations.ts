import { asList, asObject } from '../../config/options.ts'
import type { Problems } from '../../config/problems.ts'
import { remedy } from '../../config/suggest.ts'
import { parseUnit } from '../../config/units.ts'
import { shown } from '../../config/validate.ts'
import type { Expectation } from './expectation.ts'

/** The figures that something may be expected of. */
export const FIGURES = [
  ...(['p50', 'p99', 'errorShare', 'goodput', 'amplification'] as const),
  ...(['requests', 'completion', 'timeToRecover'] as const),
] as const

/** One of them. */
export type FigureName = (typeof FIGURES)[number]

/** A stretch of a run, in ms. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** A figure of a stretch, and where it must be; Infinity as `atLeast` stands for never. */
export interface ExpectedFigure {
  readonly figure: FigureName
  readonly window: Window
  readonly atLeast: number
  readonly atMost: number
}

const TIMES: readonly FigureName[] = ['p50', 'p99', 'completion', 'timeToRecover']

/** What stands under `expect` for one variant. */
export function resolveExpectations(
  place: string,
  input: unknown,
  whole: Window,
  problems: Problems,
): ExpectedFigure[] {
  const isList = Array.isArray(input)
  return (isList ? asList(input) : [input]).flatMap((one, at) => {
    return resolveOne(isList ? `${place}[${at}]` : place, one as Expectation, whole, problems)
  })
}

function resolveOne(
  place: string,
  input: Expectation,
  whole: Window,
  problems: Problems,
): ExpectedFigure[] {
  const fromMs = timeAt(`${place}.from`, input.from ?? whole.fromMs, problems)
  const toMs = timeAt(`${place}.to`, input.to ?? whole.toMs, problems)
  if (!(fromMs < toMs && toMs <= whole.toMs)) {
    problems.add(
      place,
      `must be a stretch within the duration of ${whole.toMs} ms, got ${fromMs} to ${toMs} ms`,
    )
  }
  const known = [...FIGURES, 'from', 'to']
  return Object.entries(asObject(input)).flatMap(([key, wanted]) => {
    if (key === 'from' || key === 'to' || wanted === undefined) return []
    if (!known.includes(key)) {
      problems.add(place, `unknown key "${key}"; ${remedy(key, known)}`)
      return []
    }
    const figure = key as FigureName
    const range = rangeOf(`${place}.${key}`, figure, wanted, problems)
    return [{ figure, window: { fromMs, toMs }, ...range }]
  })
}

function rangeOf(place: string, figure: FigureName, wanted: unknown, problems: Problems) {
  const read = (at: string, value: unknown): number => valueAt(at, figure, value, problems)
  if (figure === 'timeToRecover' && wanted === 'never') {
    return { atLeast: Number.POSITIVE_INFINITY, atMost: Number.POSITIVE_INFINITY }
  }
  if (typeof wanted !== 'object') {
    const value = read(place, wanted)
    if (figure === 'goodput') return { atLeast: value, atMost: Number.POSITIVE_INFINITY }
    return { atLeast: 0, atMost: value }
  }
  const { atLeast, atMost, ...others } = asObject(wanted)
  for (const key of Object.keys(others)) {
    problems.add(place, `unknown key "${key}"; ${remedy(key, ['atLeast', 'atMost'])}`)
  }
  if (atLeast === undefined && atMost === undefined) {
    problems.add(place, 'must have atLeast, atMost or both')
  }
  const least = atLeast === undefined ? 0 : read(`${place}.atLeast`, atLeast)
  const most = atMost === undefined ? undefined : read(`${place}.atMost`, atMost)
  if (most !== undefined && most < least) problems.add(place, `nothing is from ${least} to ${most}`)
  // What never happened is within a range that is open above, but for a recovery that must happen.
  const open = figure === 'timeToRecover' ? Number.MAX_VALUE : Number.POSITIVE_INFINITY
  return { atLeast: least, atMost: most ?? open }
}

function valueAt(place: string, figure: FigureName, value: unknown, problems: Problems): number {
  if (TIMES.includes(figure)) return timeAt(place, value, problems)
  const most = figure === 'errorShare' ? 1 : Number.MAX_VALUE
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  const what = figure === 'errorShare' ? 'a share from 0 to 1' : 'a number of 0 or more'
  problems.add(place, `must be ${what}, got ${shown(value)}`)
  return 0
}

function timeAt(place: string, value: unknown, problems: Problems): number {
  const parsed = parseUnit('duration', value)
  if (parsed !== undefined) return parsed
  problems.add(place, `must be a duration such as "30s", got ${shown(value)}`)
  return 0
}
