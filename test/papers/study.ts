import type { Scenario, SimulationReport } from 'sluice/testing'

/** One number of a run, beside what a paper, theory or another simulator says of it. */
export interface Reading {
  readonly what: string
  /** Undefined where nobody has said. */
  readonly expected?: number
  /** How far it may be off: a share of `expected`, or an absolute distance. */
  readonly tolerance?: { readonly share: number } | { readonly distance: number }
  read(report: SimulationReport): number
}

/** One scenario, and what is read from it. */
export interface Run {
  readonly name: string
  /** At full length, as `npm run simulate:papers` runs it. */
  readonly scenario: Scenario & { readonly duration: number }
  /** The share of its length that is enough for the tests, 0 for a run that is left to the papers. */
  readonly inTests: number
  readonly readings: readonly Reading[]
}

/** Runs that belong together. */
export interface Study {
  readonly id: string
  /** What is set up, in a sentence. */
  readonly setUp: string
  readonly runs: readonly Run[]
}

/** A reading that was taken. */
export interface Figure {
  readonly run: string
  readonly what: string
  readonly measured: number
  readonly expected?: number
  /** How far it may be from `expected`. */
  readonly allowed?: number
}

/** What a report says, reading by reading. */
export function figuresOf({ name, readings }: Run, report: SimulationReport): Figure[] {
  return readings.map((reading) => {
    const { what, expected } = reading
    const figure = { run: name, what, measured: reading.read(report) }
    return expected === undefined ? figure : { ...figure, expected, allowed: allowed(reading) }
  })
}

/** True for a figure of which nothing is expected. */
export function isWithin({ expected, measured, allowed = 0 }: Figure): boolean {
  return expected === undefined || Math.abs(measured - expected) <= allowed
}

function allowed({ expected = 0, tolerance = { share: 0 } }: Reading): number {
  return 'share' in tolerance ? expected * tolerance.share : tolerance.distance
}
