/** What an adaptive limit is held within, and how it is found. */
export interface GradientOptions {
  /** Never less. */
  readonly min: number
  /** Never more. */
  readonly max: number
  /** The share by which answers may take longer than unloaded ones, 0.25 for a quarter. */
  readonly headroom: number
}

// So that one odd window neither halves a limit twice nor lets it run away.
const LEAST = 0.5
const MOST = 2

/** How a limit should move, 0.5 to 2: below 1 where answers take longer than unloaded ones may. */
export function gradient(unloadedMs: number, sampleMs: number, headroom: number): number {
  const ratio = (unloadedMs * (1 + headroom)) / sampleMs
  // An answer within the clock's grain is no reason to shrink.
  return Number.isNaN(ratio) ? 1 : Math.min(MOST, Math.max(LEAST, ratio))
}

/**
 * The next limit: the old one times the gradient, and room for a queue that is as the square root of
 * that, by which it can grow at all (Envoy's adaptive concurrency filter, after Netflix's
 * concurrency-limits). At rest `sample / unloaded` is 1.71 at a limit of 10, 1.44 at 50, 1.29 at 1000,
 * with a headroom of 0.25.
 */
export function nextLimit(limit: number, gradient: number, { min, max }: GradientOptions): number {
  const scaled = limit * gradient
  return Math.min(max, Math.max(min, scaled + Math.sqrt(scaled)))
}
