import type { FigureName } from './resolve-expectations.ts'
import type { Verdict } from './scenario-report.ts'

const NAMES: Readonly<Record<FigureName, string>> = {
  p50: 'p50',
  p99: 'p99',
  errorShare: 'error share',
  goodput: 'goodput',
  amplification: 'amplification',
  requests: 'requests',
  completion: 'completion',
  timeToRecover: 'time to recover',
}

/** A figure as people read it, with its unit. */
export function figureText(figure: FigureName, value: number): string {
  if (Number.isNaN(value)) return 'n/a'
  switch (figure) {
    case 'timeToRecover':
      return value === Number.POSITIVE_INFINITY ? 'never' : timeText(value)
    case 'p50':
    case 'p99':
    case 'completion':
      return value === Number.POSITIVE_INFINITY ? 'none' : timeText(value)
    case 'errorShare':
      return `${numberText(value * 100)} %`
    case 'goodput':
      return `${numberText(value)}/s`
    case 'amplification':
      return `${numberText(value)}x`
    default:
      return numberText(value)
  }
}

/** A duration with the unit that fits it. */
export function timeText(ms: number): string {
  if (ms < 1_000) return `${numberText(ms)} ms`
  if (ms < 600_000) return `${numberText(ms / 1_000)} s`
  return `${numberText(ms / 60_000)} min`
}

/** A number with three digits that count. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'n/a' : 'endless'
  if (value === 0) return '0'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(value < 0.01 ? 2 : 3)))
}

/** What was expected, and by how much it was missed. */
export function verdictText(verdict: Verdict): string {
  const { figure, window, atLeast, atMost, measured, holds } = verdict
  const part = `${NAMES[figure]} ${figureText(figure, measured)}`
  const wanted = `expected ${rangeText(verdict)}`
  const where = `from ${timeText(window.fromMs)} to ${timeText(window.toMs)}`
  if (holds) return `${part}, ${wanted}, ${where}`
  const missedBy = measured > atMost ? measured - atMost : atLeast - measured
  const by = Number.isFinite(missedBy)
    ? `, ${distanceText(figure, missedBy)} too ${measured > atMost ? 'much' : 'little'}`
    : ''
  return `${part}, ${wanted}${by}, ${where}`
}

function rangeText({ figure, atLeast, atMost }: Verdict): string {
  if (figure === 'timeToRecover' && atLeast === Number.POSITIVE_INFINITY) return 'never'
  const most = atMost === Number.MAX_VALUE ? Number.POSITIVE_INFINITY : atMost
  if (most === Number.POSITIVE_INFINITY) {
    return figure === 'timeToRecover' && atLeast === 0
      ? 'to recover'
      : `at least ${figureText(figure, atLeast)}`
  }
  if (atLeast === 0) return `at most ${figureText(figure, most)}`
  return `${figureText(figure, atLeast)} to ${figureText(figure, most)}`
}

function distanceText(figure: FigureName, by: number): string {
  return figure === 'errorShare' ? `${numberText(by * 100)} points` : figureText(figure, by)
}
