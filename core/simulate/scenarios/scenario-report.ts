import type { LoggedError } from '../report.ts'
import type { FigureName, Window } from './resolve-expectations.ts'

/** What the variants of a scenario came to. */
export interface ScenarioReport {
  readonly title: string
  readonly story: string
  readonly seed: number
  readonly variants: readonly VariantReport[]
  /** Whether all that was expected of them holds. */
  readonly isAsExpected: boolean
}

/** What one variant came to. Rates are a second, times ms, of all runs together. */
export interface VariantReport {
  readonly name: string
  readonly note: string
  readonly durationMs: number
  readonly sliceMs: number
  readonly runs: number
  /** From the end of the warm-up to the end. */
  readonly figures: ScenarioFigures
  /** Curves over time. */
  readonly slices: readonly SliceReport[]
  /** The first forty that the first gateway knows. */
  readonly endpoints: readonly EndpointCurve[]
  /** How many more there are. */
  readonly endpointsLeftOut: number
  /** From the first moment at which something is wrong to the last. */
  readonly trouble: { readonly fromMs: number; readonly toMs: number } | undefined
  readonly verdicts: readonly Verdict[]
  /** What plugins and strategies threw, and what else was logged as an error; the first hundred a run. */
  readonly errors: readonly LoggedError[]
  /** Everything that happened, in 16 hexadecimal digits: equal for equal runs. */
  readonly digest: string
  readonly events: number
  /** Requests that clients sent, of all runs. */
  readonly sent: number
}

/** Figures of a stretch of a variant. Infinity for what never happened, NaN for what was not there. */
export interface ScenarioFigures extends Readonly<Record<FigureName, number>> {
  /** Calls that clients began. */
  readonly calls: number
  /** Calls that ended well. */
  readonly good: number
  readonly failed: number
}

/** A slice of time, a second of it on average over the runs. */
export interface SliceReport {
  readonly fromMs: number
  readonly offered: number
  readonly goodput: number
  readonly failed: number
  readonly requests: number
  readonly attempts: number
  /** 0 where no call ended well. */
  readonly p50: number
  readonly p99: number
}

/** An endpoint over time, as the first gateway sees it. */
export interface EndpointCurve {
  readonly id: string
  /** Of all attempts, from 0 to 1. */
  readonly share: number
  /** How many of its servers worked, on average over time. */
  readonly busy: number
  /** By slice: `ready`, `warming`, `swamped`, `failing`, or the reason of a hold. */
  readonly states: readonly string[]
}

/** Something that was expected, and whether it is so. */
export interface Verdict {
  readonly figure: FigureName
  readonly window: Window
  readonly atLeast: number
  readonly atMost: number
  readonly measured: number
  readonly holds: boolean
}
