/** The load generator: wrk where installed, otherwise autocannon. */
import { createRequire } from 'node:module'
import { find, LOAD_CORE, launch, outputOf } from './child.ts'

/** What one run of load saw. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const wrk = find('wrk')
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }

const BUSY_SHARE = 0.4
const TIMEOUT_SECONDS = 2

export const loadTool = wrk === undefined ? 'autocannon' : 'wrk'

/** Headers that every request has. */
export type LoadHeaders = Readonly<Record<string, string>>

/** Loads `url` over `connections` keep-alive connections for whole `seconds`. */
export async function load(
  url: string,
  connections: number,
  seconds: number,
  headers: LoadHeaders = {},
): Promise<Load> {
  if (wrk === undefined) return rehearse(url, connections, seconds, headers)
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const words = [wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...lines] as const
  const text = await outputOf(
    launch({ words: [...words, '--timeout', `${TIMEOUT_SECONDS}s`, url] }, LOAD_CORE),
  )
  const seen = parseWrk(text)
  return { ...seen, errors: seen.errors + stalled(seen, connections) }
}

/**
 * wrk notices a late answer only when it comes: one that never ends is no error to it. But a closed loop keeps every
 * connection busy (Little's law), so requests x mean latency should account for all of them. Healthy runs were seen at
 * 0.58 to 1.4 of the connections, stalled ones at 0.02 to 0.06: this finds gross stalls, `rehearse` the partial ones.
 */
export function stalled({ requests, meanMs, seconds }: Load, connections: number): number {
  const busy = (requests * meanMs) / (seconds * 1_000)
  return busy < connections * BUSY_SHARE ? Math.round(connections - busy) : 0
}

/** Reads wrk's report; exported so that its shape can be tested. */
export function parseWrk(text: string): Load {
  const [, requests, elapsed, unit = ''] = match(text, /(\d+) requests in ([\d.]+)(us|ms|s|m),/)
  const socketErrors = /Socket errors: (.*)/.exec(text)?.[1]?.match(/\d+/g) ?? []
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0)
  return {
    requests: Number(requests) - refused,
    seconds: (Number(elapsed) * (UNIT_MS[unit] ?? Number.NaN)) / 1_000,
    errors: socketErrors.reduce((sum, count) => sum + Number(count), refused),
    meanMs: milliseconds(match(text, /Latency\s+([\d.]+)(us|ms|s|m)/)),
    p50Ms: percentile(text, 50),
    p99Ms: percentile(text, 99),
  }
}

function percentile(text: string, percent: number): number {
  return milliseconds(match(text, new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)`, 'm')))
}

function milliseconds([, value, unit = '']: RegExpExecArray): number {
  return Number(value) * (UNIT_MS[unit] ?? Number.NaN)
}

function match(text: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(text)
  if (found === null) throw new Error(`wrk said something else than ${pattern}:\n${text}`)
  return found
}

interface AutocannonReport {
  readonly duration: number
  readonly errors: number
  readonly non2xx: number
  readonly '2xx': number
  readonly latency: { readonly average: number; readonly p50: number; readonly p99: number }
}

/** Loads by autocannon, which gives up on each answer by itself: slower than wrk, but it misses no stall. */
export async function rehearse(
  url: string,
  connections: number,
  seconds: number,
  headers: LoadHeaders = {},
): Promise<Load> {
  const script = createRequire(import.meta.url).resolve('autocannon')
  const flags = [
    '--json',
    '--no-progress',
    '-t',
    '1',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]),
  ]
  const text = await outputOf(
    launch({ words: [process.execPath, script, ...flags, url] }, LOAD_CORE),
  )
  const report = JSON.parse(text.slice(text.indexOf('{'))) as AutocannonReport
  return {
    requests: report['2xx'],
    seconds: report.duration,
    errors: report.errors + report.non2xx, // `errors` includes timeouts
    meanMs: report.latency.average,
    p50Ms: report.latency.p50,
    p99Ms: report.latency.p99,
  }
}
