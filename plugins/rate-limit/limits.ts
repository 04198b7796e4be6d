import type { Algorithm, Limit } from './algorithm.ts'
import { fixedWindow } from './fixed-window.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'

export const ALGORITHMS = { tokenBucket, slidingWindow, fixedWindow } as const

/** The part of the options that says how much is allowed. */
export interface LimitOptions {
  readonly algorithm: keyof typeof ALGORITHMS
  /** 0 for none. */
  readonly limit: number
  readonly window: number
  /** 0 for as much as the limit. */
  readonly burst: number
  /** Further ones, such as `1000/h`. */
  readonly limits: readonly string[]
  readonly group: string
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** How further limits are written: requests, a slash, a time. */
export const WRITTEN = '^[1-9]\\d{0,11}/(?:[1-9]\\d{0,8})?(?:ms|s|m|h|d)$'

/** The limits of a rule, in the order of the config. */
export function limitsOf(options: LimitOptions): Limit[] {
  const written = [...asked(options), ...options.limits.map(parse)]
  const algorithm = ALGORITHMS[options.algorithm]
  const name = options.group === '' ? 'default' : options.group
  return written.map(({ quota, burst, windowMs }) => {
    // With one limit the group's name says enough.
    const ending = written.length === 1 ? '' : `-${shortened(windowMs)}`
    return limitOf(algorithm, `${name}${ending}`, quota, burst, windowMs)
  })
}

/** What is wrong with them as a whole. */
export function limitsProblem(options: LimitOptions): string | undefined {
  const { algorithm, limit, limits, burst } = options
  if (limit === 0 && limits.length === 0) return 'needs a limit, such as limit: 100, window: "1m"'
  if (burst > 0 && limit === 0) return '`burst` belongs to `limit`, which is not given'
  if (burst > 0 && algorithm !== 'tokenBucket') {
    return '`burst` is the size of a token bucket: a window has none'
  }
  const made = limitsOf(options)
  const names = made.map(({ name }) => name)
  const twice = made.find(({ name }, i) => names.indexOf(name) !== i)
  if (twice !== undefined) return `has two limits of one window, ${shortened(twice.windowMs)}`
  const vast = made.find(({ quota, burst, window }) => !isExact(Math.max(quota, burst), window))
  if (vast === undefined) return undefined
  return `cannot count ${Math.max(vast.quota, vast.burst)} in ${shortened(vast.windowMs)} exactly: take a shorter window with as many fewer`
}

interface Written {
  readonly quota: number
  readonly burst: number
  readonly windowMs: number
}

function asked({ limit, window, burst }: LimitOptions): Written[] {
  if (limit === 0) return []
  return [{ quota: limit, burst: burst === 0 ? limit : burst, windowMs: window }]
}

function parse(text: string): Written {
  const [quota = '', time = ''] = text.split('/')
  const [, count = '', unit = ''] = /^(\d*)([a-z]+)$/.exec(time) ?? []
  const windowMs = (count === '' ? 1 : Number(count)) * (UNITS_MS[unit] ?? 1)
  return { quota: Number(quota), burst: Number(quota), windowMs }
}

/**
 * Counts in microseconds where every product of the arithmetic stays a whole number of a double,
 * else in milliseconds.
 */
export function limitOf(
  algorithm: Algorithm,
  name: string,
  quota: number,
  burst: number,
  windowMs: number,
): Limit {
  const tickUs = isExact(Math.max(quota, burst), windowMs * 1_000) ? 1 : 1_000
  const window = (windowMs * 1_000) / tickUs
  return { name, algorithm, quota, burst, windowMs, window, tickUs }
}

// Twice as much, since a refused cost is added to the debt to tell how long to wait.
function isExact(most: number, window: number): boolean {
  return 2 * most * window <= Number.MAX_SAFE_INTEGER
}

function shortened(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = UNITS_MS[unit] as number
    if (ms % unitMs === 0) return `${ms / unitMs}${unit}`
  }
  return `${ms}ms`
}
