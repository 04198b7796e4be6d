import { type Exchange, isHeaderName } from '#core'

/** A share from 0 to 1, or what gives one. */
export type Share = number | ((exchange: Exchange) => number)

export function sampleProblem(sample: unknown): string | undefined {
  if (typeof sample === 'function') return undefined
  if (typeof sample === 'number' && sample >= 0 && sample <= 1) return undefined
  return `must be a share from 0 to 1 or a function that gives one, got ${JSON.stringify(sample)}`
}

export function nameProblem(name: string): string | undefined {
  return isHeaderName(name) ? undefined : `"${name}" is no header name`
}
