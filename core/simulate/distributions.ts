import type { Rng } from '../contracts/clock.ts'

/** Times that are drawn by chance, such as those of services, in ms. */
export interface Distribution {
  /** The expected value. */
  readonly mean: number
  /** A value of 0 or more. */
  sample(rng: Rng): number
}

/**
 * Always the same time.
 *
 * @throws RangeError when it is negative or no number
 * @example
 * endpoints: [{ service: constant(100) }]
 */
export function constant(ms: number): Distribution {
  return drawn(atLeast('constant', 'ms', ms, 0), () => ms)
}

/**
 * Times without memory, as of many short jobs and a few long ones.
 *
 * @throws RangeError when the mean is not above 0
 * @example
 * endpoints: [{ service: exponential(10), servers: 1 }]
 */
export function exponential(mean: number): Distribution {
  above('exponential', 'mean', mean, 0)
  return drawn(mean, (rng) => -mean * Math.log(1 - rng.unit()))
}

/**
 * Times about a mean, none below 0: what would be is cut off to 0.
 *
 * @throws RangeError when the mean is not above 0 or the deviation is negative
 * @example
 * endpoints: [{ service: normal(167, 5) }]
 */
export function normal(mean: number, deviation: number): Distribution {
  above('normal', 'mean', mean, 0)
  atLeast('normal', 'deviation', deviation, 0)
  return drawn(mean, (rng) => Math.max(0, mean + deviation * standardNormal(rng)))
}

/**
 * Times with a long tail, as those of services usually are: half are below `median`, and the
 * logarithm deviates by `sigma`. 0.5 is moderate (p99 3.2 x the median), 1 is wild (10 x).
 *
 * @throws RangeError when the median is not above 0 or sigma is negative
 * @example
 * endpoints: [{ service: lognormal(20, 0.5) }]
 */
export function lognormal(median: number, sigma: number): Distribution {
  above('lognormal', 'median', median, 0)
  atLeast('lognormal', 'sigma', sigma, 0)
  const mean = median * Math.exp(sigma ** 2 / 2)
  return drawn(mean, (rng) => median * Math.exp(sigma * standardNormal(rng)))
}

/**
 * Times from `least` to `most`, each equally likely.
 *
 * @throws RangeError when `least` is negative or above `most`
 * @example
 * endpoints: [{ service: uniform(5, 15) }]
 */
export function uniform(least: number, most: number): Distribution {
  atLeast('uniform', 'least', least, 0)
  atLeast('uniform', 'most', most, least)
  return drawn((least + most) / 2, (rng) => least + (most - least) * rng.unit())
}

/**
 * Times that were measured, each equally likely.
 *
 * @throws RangeError when there is none, or one is negative
 * @example
 * endpoints: [{ service: measured([12, 14, 9, 220]) }]
 */
export function measured(times: readonly number[]): Distribution {
  above('measured', 'the number of times', times.length, 0)
  for (const ms of times) atLeast('measured', 'a time', ms, 0)
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  return drawn(mean, (rng) => times[rng.below(times.length)] as number)
}

/** Whether something can be drawn from. */
export function isDistribution(value: unknown): value is Distribution {
  const { mean, sample } = Object(value) as Partial<Distribution>
  return typeof sample === 'function' && typeof mean === 'number' && mean >= 0
}

function drawn(mean: number, sample: (rng: Rng) => number): Distribution {
  return { mean, sample }
}

/** Box and Muller's method; the second of its two values is dropped, so that no state is kept. */
function standardNormal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.unit())) * Math.cos(2 * Math.PI * rng.unit())
}

function above(owner: string, name: string, value: number, limit: number): number {
  if (value > limit && Number.isFinite(value)) return value
  throw new RangeError(`${owner}: ${name} must be above ${limit}, got ${value}`)
}

function atLeast(owner: string, name: string, value: number, limit: number): number {
  if (value >= limit && Number.isFinite(value)) return value
  throw new RangeError(`${owner}: ${name} must be ${limit} or more, got ${value}`)
}
