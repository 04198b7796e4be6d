/** From samples to figures: medians, ratios within a round, and the table. */

/** What one contender did in one round; `undefined` where the machine cannot tell. */
export interface Sample {
  readonly requests: number
  readonly errors: number
  readonly cpuUs: number | undefined
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number | undefined
  readonly peakMb: number | undefined
  readonly busy: number | undefined
}

type Figure = Exclude<keyof Sample, 'requests' | 'errors'>

/** A median, and the median of its ratios to the reference, round by round. */
export interface Cell {
  readonly median: number | undefined
  readonly ratio: number | undefined
}

/** One contender's line. */
export interface Row {
  readonly name: string
  readonly errors: number
  readonly requests: number
  readonly cells: Readonly<Record<Figure, Cell>>
  readonly rounds: readonly (Sample | undefined)[]
}

/** Samples by contender; every list has one place a round. */
export type Samples = ReadonlyMap<string, readonly (Sample | undefined)[]>

const COLUMNS: readonly { figure: Figure; title: string; digits: number }[] = [
  { figure: 'cpuUs', title: 'CPU us/req', digits: 1 },
  { figure: 'perSecond', title: 'req/s', digits: 0 },
  { figure: 'p50Ms', title: 'p50 ms', digits: 2 },
  { figure: 'p99Ms', title: 'p99 ms', digits: 2 },
  { figure: 'rssMb', title: 'RSS MB', digits: 1 },
  { figure: 'peakMb', title: 'peak MB', digits: 1 },
  { figure: 'busy', title: 'busy %', digits: 0 },
]

/** Chooses whom the ratios refer to: nginx, else bare, else whoever is first. */
export function referenceOf(names: readonly string[]): string | undefined {
  return ['nginx', 'bare'].find((name) => names.includes(name)) ?? names[0]
}

/** Sums samples up, a row for each contender. */
export function rowsOf(
  samples: Samples,
  reference: string | undefined,
  warmUpErrors: ReadonlyMap<string, number>,
): Row[] {
  const against = samples.get(reference ?? '') ?? []
  return [...samples].map(([name, rounds]) => {
    const cell = ({ figure }: { figure: Figure }): [Figure, Cell] => [
      figure,
      {
        median: median(rounds.map((sample) => sample?.[figure])),
        ratio: median(rounds.map((sample, i) => ratio(sample?.[figure], against[i]?.[figure]))),
      },
    ]
    return {
      name,
      errors: rounds.reduce(
        (sum, sample) => sum + (sample?.errors ?? 0),
        warmUpErrors.get(name) ?? 0,
      ),
      requests: rounds.reduce((sum, sample) => sum + (sample?.requests ?? 0), 0),
      cells: Object.fromEntries(COLUMNS.map(cell)) as Record<Figure, Cell>,
      rounds,
    }
  })
}

/** Draws an aligned table; a row with errors is marked with `!`. */
export function table(rows: readonly Row[]): string {
  const head = ['', ...COLUMNS.map((column) => column.title), 'errors']
  const body = rows.map(({ name, errors, cells }) => [
    errors > 0 ? `! ${name}` : `  ${name}`,
    ...COLUMNS.map(({ figure, digits }) => text(cells[figure], digits)),
    String(errors),
  ])
  const lines = [head, ...body]
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  const pad = (word: string, i: number): string =>
    i === 0 ? word.padEnd(widths[0] ?? 0) : word.padStart(widths[i] ?? 0)
  return lines.map((line) => line.map(pad).join('  ')).join('\n')
}

/** The middle of the numbers there are. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const upper = known[Math.floor(known.length / 2)]
  const lower = known[Math.floor((known.length - 1) / 2)]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}

function ratio(value: number | undefined, reference: number | undefined): number | undefined {
  if (value === undefined || reference === undefined || reference === 0) return undefined
  return value / reference
}

function text({ median: value, ratio: times }: Cell, digits: number): string {
  if (value === undefined) return '-'
  return `${value.toFixed(digits)}${times === undefined ? '' : ` (${times.toFixed(2)}x)`}`
}
