import { writeFileSync } from 'node:fs'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { type Curve, FOLDER, type StudyResult } from './results.ts'

const WIDTH = 640
const HEIGHT = 300
// One color for a strategy on all pictures.
const COLORS: Readonly<Record<string, string>> = {
  random: '#7f7f7f',
  'round robin': '#d62728',
  'two choices': '#1f77b4',
  'three choices': '#17becf',
  'two choices, peak EWMA': '#ff7f0e',
  'least connections': '#9467bd',
  'least time': '#2ca02c',
}

type Row = Readonly<Record<string, string | number>>

/** Draws the pictures of the docs from the results. */
export async function drawAll(results: readonly StudyResult[]): Promise<void> {
  for (const result of results) {
    const spec = specOf(result)
    if (spec === undefined) continue
    const view = new View(parse(compile(spec).spec), { renderer: 'none' })
    const svg = await view.toSVG()
    view.finalize()
    writeFileSync(new URL(`${result.id}.svg`, FOLDER), `${svg}\n`)
  }
}

function specOf(result: StudyResult): TopLevelSpec | undefined {
  switch (result.id) {
    case 'supermarket':
      return supermarket(result)
    case 'slow-backend':
      return overTime(result, 'mean', 'one of eleven is slow from 15 s to 45 s', [0, 60])
    case 'cold-joiner':
      return overTime(result, 'p99', 'an endpoint joins at 20 s and is cold for 5 s', [15, 35])
    case 'black-hole-cap':
      return bars(result, ['share, %'], '% of the traffic to the one of ten that fails')
    case 'heterogeneous':
      return bars(result, ['mean', 'p99'], 'time, in services of a fast endpoint')
    default:
      return undefined
  }
}

function supermarket({ figures }: StudyResult): TopLevelSpec {
  const values = figures.map(({ run, what, measured }): Row => {
    const [strategy = '', load = ''] = run.split(', load ')
    return { strategy, load: Number(load), what, time: measured }
  })
  return spec(values, {
    transform: [{ calculate: "datum.what == 'mean' ? 'mean' : '99th percentile'", as: 'figure' }],
    facet: { column: { field: 'figure', title: null, sort: ['mean', '99th percentile'] } },
    spec: {
      width: WIDTH / 2 - 30,
      height: HEIGHT,
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'load', type: 'quantitative', scale: { domain: [0.5, 0.95] } },
        y: {
          field: 'time',
          type: 'quantitative',
          scale: { type: 'log', domainMin: 0.9 },
          title: 'time in the system, in services',
        },
        color: color([...new Set(values.map(({ strategy }) => String(strategy)))]),
      },
    },
  })
}

function overTime(
  { curves }: StudyResult,
  what: keyof Curve,
  title: string,
  [from, to]: readonly [number, number],
): TopLevelSpec {
  const names = Object.keys(curves)
  const values = names.flatMap((strategy) =>
    (curves[strategy]?.[what] ?? []).map((ms, second): Row => ({ strategy, second, ms })),
  )
  return spec(
    values.filter(({ second }) => Number(second) >= from && Number(second) < to),
    {
      width: WIDTH,
      height: HEIGHT,
      title,
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'second', type: 'quantitative', scale: { domain: [from, to] } },
        y: {
          field: 'ms',
          type: 'quantitative',
          scale: { type: 'log' },
          title: `${what === 'mean' ? 'mean' : '99th percentile'} of the second, ms`,
        },
        color: color(names),
      },
    },
  )
}

function bars({ figures }: StudyResult, shown: readonly string[], title: string): TopLevelSpec {
  const values = figures
    .filter(({ what }) => shown.includes(what))
    .map(({ run, what, measured }): Row => ({ strategy: run, what, value: measured }))
  const order = [...new Set(values.map(({ strategy }) => String(strategy)))]
  return spec(values, {
    width: WIDTH,
    height: { step: shown.length > 1 ? 12 : 24 },
    mark: 'bar',
    encoding: {
      y: { field: 'strategy', type: 'nominal', sort: order, title: null },
      x: { field: 'value', type: 'quantitative', title },
      ...(shown.length > 1
        ? { yOffset: { field: 'what' }, color: { field: 'what', title: null } }
        : {}),
    },
  })
}

function color(domain: readonly string[]) {
  const range = domain.map((strategy) => COLORS[strategy] ?? '#000000')
  return { field: 'strategy', title: null, scale: { domain: [...domain], range } }
}

function spec(values: readonly Row[], body: object): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: { axis: { labelLimit: 400 }, legend: { labelLimit: 400 }, font: 'sans-serif' },
    data: { values: [...values] },
    ...body,
  } as TopLevelSpec
}
