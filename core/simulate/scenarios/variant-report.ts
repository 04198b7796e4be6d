import { recoveryMs, troubleOf } from './recovery.ts'
import type { ExpectedFigure, Window } from './resolve-expectations.ts'
import type { PlannedVariant } from './resolved-scenario-file.ts'
import type {
  EndpointCurve,
  ScenarioFigures,
  SliceReport,
  VariantReport,
  Verdict,
} from './scenario-report.ts'
import type { Stretch } from './stretch.ts'
import type { VariantRecord } from './variant-run.ts'

/** What a variant came to. */
export function reportOf(variant: PlannedVariant, record: VariantRecord): VariantReport {
  const { name, note, durationMs, warmUpMs, sliceMs, runs, world, expected } = variant
  const { ledger, errors, events, requests } = record
  const recovery = recoveryMs(ledger.slices, world.models, variant)
  const figures = (window: Window): ScenarioFigures => {
    return figuresOf(ledger.stretch(window), runs, recovery, ledger.completions)
  }
  const endpoints = curvesOf(record)
  return {
    name,
    note,
    durationMs,
    sliceMs,
    runs,
    figures: figures({ fromMs: warmUpMs, toMs: durationMs }),
    slices: slicesOf(variant, record),
    endpoints,
    endpointsLeftOut: world.models.length - endpoints.length,
    trouble: troubleOf(world.models, durationMs),
    verdicts: expected.map((one) => verdictOn(one, figures(one.window))),
    errors,
    digest: String(ledger.digest),
    events,
    sent: requests,
  }
}

function figuresOf(
  { calls, good, failed, attempts, requests, errors, latency, window }: Stretch,
  runs: number,
  timeToRecover: number,
  completions: readonly number[],
): ScenarioFigures {
  const seconds = (window.toMs - window.fromMs) / 1_000
  return {
    calls,
    good,
    failed,
    p50: latency.count === 0 ? Number.POSITIVE_INFINITY : latency.quantile(0.5),
    p99: latency.count === 0 ? Number.POSITIVE_INFINITY : latency.quantile(0.99),
    errorShare: requests === 0 ? 0 : errors / requests,
    goodput: good / seconds / runs,
    amplification: calls === 0 ? (attempts === 0 ? 0 : Number.POSITIVE_INFINITY) : attempts / calls,
    requests: requests / runs,
    completion: completions.reduce((sum, at) => sum + at, 0) / runs,
    timeToRecover,
  }
}

function verdictOn(
  { figure, window, atLeast, atMost }: ExpectedFigure,
  figures: ScenarioFigures,
): Verdict {
  const measured = figures[figure]
  const holds = measured >= atLeast && measured <= atMost
  return { figure, window, atLeast, atMost, measured, holds }
}

function slicesOf(
  { sliceMs, durationMs, runs }: PlannedVariant,
  { ledger }: VariantRecord,
): SliceReport[] {
  const perSecond = 1_000 / sliceMs / runs
  // What ended at the very end stands in a slice of its own that is not whole.
  return ledger.slices.slice(0, Math.floor(durationMs / sliceMs)).map((slice, at) => ({
    fromMs: at * sliceMs,
    offered: slice.calls * perSecond,
    goodput: slice.good * perSecond,
    failed: slice.failed * perSecond,
    requests: slice.requests * perSecond,
    attempts: slice.attempts * perSecond,
    p50: slice.p50,
    p99: slice.p99,
  }))
}

function curvesOf({ states, ledger, busy }: VariantRecord): EndpointCurve[] {
  const all = ledger.attempts.reduce((sum, count) => sum + count, 0)
  return states.seen.map(({ id, model, states: list }) => ({
    id,
    share: all === 0 ? 0 : (ledger.attempts[model.index] as number) / all,
    busy: busy[model.index] ?? 0,
    states: list,
  }))
}
