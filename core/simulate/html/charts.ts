import type { EndpointCurve, ScenarioReport, VariantReport } from '../scenarios/scenario-report.ts'
import { colorOf, GOODPUT, LOAD, stateColor } from './colors.ts'
import { frame, SHORT, time } from './frame.ts'
import { steps } from './steps.ts'

type Row = Readonly<Record<string, string | number>>

/** What all variants' curves are drawn to, so that they can be compared. */
export interface Scales {
  readonly seconds: number
  readonly rate: number
  /** Whether attempts are so many that goodput would be a line at the bottom. */
  readonly isWide: boolean
  readonly leastMs: number
  readonly mostMs: number
}

const WIDTH = 340
const HEIGHT = 200
const ROW = 18
const MOST_HEIGHT = 240
// A wide scale begins to bend here: below a hundredth of the highest rate all is nothing.
const BEND = 0.01

/** Scales that fit every variant of a report. */
export function scalesOf({ variants }: ScenarioReport): Scales {
  const slices = variants.flatMap((variant) => variant.slices)
  const offered = Math.max(1, ...slices.map((slice) => slice.offered))
  const rate = Math.max(
    offered,
    ...slices.map(({ attempts, goodput }) => Math.max(attempts, goodput)),
  )
  const times = slices.flatMap(({ p50, p99 }) => [p50, p99]).filter((ms) => ms > 0)
  return {
    seconds: Math.max(...variants.map(({ durationMs }) => durationMs)) / 1_000,
    rate,
    isWide: rate > 4 * offered,
    leastMs: Math.min(1_000, ...times),
    mostMs: Math.max(1, ...times),
  }
}

/** Goodput of every variant over time, a row each: the whole story in one look. */
export function overview({ variants }: ScenarioReport, width: number): object {
  const best = Math.max(1e-9, ...variants.map(usualGoodput))
  const rows = variants.flatMap(({ name, slices, sliceMs }) => {
    const levels = slices.map(({ goodput }) => GOODPUT.levelOf(goodput / best))
    return steps(levels, sliceMs).map(
      ({ value, from, to }): Row => ({ variant: name, value, from, to }),
    )
  })
  return {
    ...frame(width, 26 * variants.length),
    data: { values: rows },
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          x: time(Math.max(...variants.map(({ durationMs }) => durationMs)) / 1_000),
          x2: { field: 'to' },
          y: {
            field: 'variant',
            type: 'nominal',
            sort: null,
            title: null,
            scale: { paddingInner: 0.12 },
            axis: { labelLimit: width / 3, ticks: false },
          },
          color: {
            field: 'value',
            type: 'nominal',
            legend: null,
            scale: { domain: GOODPUT.levels, range: GOODPUT.colors },
          },
        },
      },
    ],
  }
}

/** What clients offer, what endpoints get, and what comes of it. */
export function load({ slices, trouble }: VariantReport, scales: Scales): object {
  const rows = slices.flatMap(({ fromMs, ...rates }) =>
    LOAD.names.map(
      (what): Row => ({ what, second: fromMs / 1_000, rate: Math.round(rates[what] * 10) / 10 }),
    ),
  )
  const type = scales.isWide ? { type: 'symlog', constant: scales.rate * BEND } : {}
  return curves(
    rows,
    trouble,
    scales,
    {
      field: 'rate',
      type: 'quantitative',
      title: 'a second',
      scale: { ...type, domain: [0, scales.rate], nice: false },
      axis: { ...SHORT, ...(scales.isWide ? { values: marksOf(scales.rate) } : { tickCount: 5 }) },
    },
    LOAD,
  )
}

/** How long calls took that ended well. */
export function latency({ slices, trouble }: VariantReport, scales: Scales): object {
  const names = ['p50', 'p99'] as const
  const rows = slices.flatMap((slice) =>
    names
      .filter((what) => slice[what] > 0)
      .map(
        (what): Row => ({
          what,
          second: slice.fromMs / 1_000,
          rate: Math.round(slice[what] * 10) / 10,
        }),
      ),
  )
  return curves(
    rows,
    trouble,
    scales,
    {
      field: 'rate',
      type: 'quantitative',
      title: 'ms',
      scale: { type: 'log', domain: [scales.leastMs, scales.mostMs], nice: true, clamp: true },
      axis: { ...SHORT, values: decades(scales) },
    },
    { names, colors: [colorOf('p50'), colorOf('p99')] },
  )
}

/** What each endpoint was, moment by moment. */
export function states({ endpoints, sliceMs }: VariantReport, scales: Scales): object {
  const rows = endpoints.flatMap(({ id, states: list }: EndpointCurve) =>
    steps(list, sliceMs).map(({ value, from, to }): Row => ({ id, value, from, to })),
  )
  const named = [...new Set(rows.map(({ value }) => String(value)))]
  return {
    ...frame(WIDTH, Math.min(ROW * Math.max(2, endpoints.length), MOST_HEIGHT)),
    data: { values: rows },
    mark: { type: 'rect' },
    encoding: {
      x: time(scales.seconds),
      x2: { field: 'to' },
      y: {
        field: 'id',
        type: 'nominal',
        sort: null,
        title: null,
        scale: { paddingInner: endpoints.length > 20 ? 0 : 0.15 },
        axis: { labelOverlap: true, ticks: false, labelLimit: 80 },
      },
      color: {
        field: 'value',
        type: 'nominal',
        legend: null,
        scale: { domain: named, range: named.map((name) => stateColor(name)) },
      },
    },
  }
}

function curves(
  rows: readonly Row[],
  trouble: VariantReport['trouble'],
  { seconds }: Scales,
  y: object,
  { names, colors }: { readonly names: readonly string[]; readonly colors: readonly string[] },
): object {
  const shade =
    trouble === undefined ? [] : [{ from: trouble.fromMs / 1_000, to: trouble.toMs / 1_000 }]
  return {
    ...frame(WIDTH, HEIGHT),
    layer: [
      {
        data: { values: shade },
        mark: { type: 'rect', color: 'currentColor', opacity: 0.08 },
        encoding: { x: time(seconds), x2: { field: 'to' } },
      },
      {
        data: { values: rows },
        mark: { type: 'line', strokeWidth: 1.8, clip: true, interpolate: 'monotone' },
        encoding: {
          x: { ...time(seconds), field: 'second' },
          y,
          color: {
            field: 'what',
            type: 'nominal',
            legend: null,
            scale: { domain: [...names], range: [...colors] },
          },
        },
      },
    ],
  }
}

// Powers of ten and halves of them, as far as a bent scale has room.
function marksOf(rate: number): number[] {
  const marks = [0]
  for (let ten = 10 ** Math.floor(Math.log10(rate)); 3 * ten >= rate * BEND; ten /= 10) {
    if (ten >= rate * BEND) marks.push(ten)
    if (3 * ten < rate) marks.push(3 * ten)
  }
  return marks
}

function decades({ leastMs, mostMs }: Scales): number[] {
  const marks: number[] = []
  for (let ten = 10 ** Math.floor(Math.log10(leastMs)); ten < 10 * mostMs; ten *= 10)
    marks.push(ten)
  return marks
}

/** On average before anything is wrong, or all the time where nothing is. */
function usualGoodput({ slices, sliceMs, trouble }: VariantReport): number {
  const before = slices.slice(0, trouble === undefined ? slices.length : trouble.fromMs / sliceMs)
  const counted = before.length === 0 ? slices : before
  return counted.reduce((sum, { goodput }) => sum + goodput, 0) / Math.max(1, counted.length)
}
