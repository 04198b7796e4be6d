import { type TObject, Type } from 'typebox'
import { asList, asObject, closed } from '../../config/options.ts'
import { dotted, type Problems } from '../../config/problems.ts'
import { duration } from '../../config/units.ts'
import { shown, validate } from '../../config/validate.ts'
import { type Arrivals, isArrivals } from '../arrivals.ts'
import { constant, type Distribution, isDistribution } from '../distributions.ts'
import type { Keys } from '../keys.ts'
import type { BackoffPolicy } from './client-model.ts'

/** Clients of one kind after validation. */
export interface ResolvedClients {
  readonly name: string
  /** Undefined for a closed loop. */
  readonly arrivals: Arrivals | undefined
  readonly count: number
  readonly think: Distribution
  /** Infinity for no limit. */
  readonly calls: number
  readonly isTogether: boolean
  readonly timeoutMs: number
  readonly retry: ResolvedRetry
  readonly network: Distribution | undefined
  readonly keys: Keys | undefined
  readonly method: string
  readonly target: string
  readonly host: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
}

/** How clients try again, after validation. */
export interface ResolvedRetry {
  readonly policy: BackoffPolicy
  readonly times: number
  readonly baseMs: number
  readonly capMs: number
  readonly heeds: boolean
  readonly budget: { readonly share: number; readonly most: number } | undefined
}

const optional = Type.Optional
const POLICIES = ['none', 'immediate', 'exponential', 'equal', 'full', 'decorrelated'] as const
const NO_BUDGET = -1

const time = () =>
  optional(
    Type.Unsafe<Distribution | number | null>({
      default: null,
      check: (value: unknown) =>
        value === null || isTime(value)
          ? undefined
          : `must be a time in ms or a distribution such as exponential(1_000), got ${shown(value)}`,
    }),
  )

const CLIENTS = closed(
  'simulate',
  Type.Object({
    name: optional(Type.String({ default: '' })),
    arrivals: optional(
      Type.Unsafe<Arrivals | null>({
        default: null,
        check: (value: unknown) =>
          value === null || isArrivals(value)
            ? undefined
            : `must be a plan such as poisson(100), got ${shown(value)}`,
      }),
    ),
    count: optional(Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0 })),
    think: time(),
    calls: optional(
      Type.Unsafe<number | null>({
        // Infinity itself would not survive: defaults are JSON.
        default: null,
        check: (value: unknown) =>
          value === null || isCount(value, 1) ? undefined : told(1, value),
      }),
    ),
    start: optional(Type.Enum(['spread', 'together'], { default: 'spread' })),
    timeout: optional(duration({ default: 0 })),
    retry: optional(
      Type.Object(
        {
          policy: optional(Type.Enum([...POLICIES], { default: 'none' })),
          times: optional(
            Type.Unsafe<number>({
              default: 3,
              check: (value: unknown) => (isCount(value, 0) ? undefined : told(0, value)),
            }),
          ),
          base: optional(duration({ default: '100ms' })),
          cap: optional(duration({ default: '10s' })),
          retryAfter: optional(Type.Boolean({ default: true })),
          budget: optional(
            Type.Object(
              {
                share: optional(Type.Number({ minimum: NO_BUDGET, default: NO_BUDGET })),
                most: optional(Type.Number({ minimum: 1, default: 100 })),
              },
              { default: {} },
            ),
          ),
        },
        { default: {} },
      ),
    ),
    network: time(),
    keys: optional(
      Type.Unsafe<Keys | null>({
        default: null,
        check: (value: unknown) =>
          value === null || typeof asObject(value).draw === 'function'
            ? undefined
            : `must be keys such as uniformKeys(1_000), got ${shown(value)}`,
      }),
    ),
    method: optional(Type.String({ pattern: '^[A-Z-]+$', default: 'GET' })),
    path: optional(Type.String({ pattern: '^/[^\\s#]*$', default: '/' })),
    host: optional(Type.String({ default: '' })),
    headers: optional(Type.Record(Type.String(), Type.String(), { default: {} })),
  }) as unknown as TObject,
)

interface Given {
  readonly name: string
  readonly arrivals: Arrivals | null
  readonly count: number
  readonly think: Distribution | number | null
  readonly calls: number | null
  readonly start: 'spread' | 'together'
  readonly timeout: number
  readonly retry: {
    readonly policy: BackoffPolicy
    readonly times: number
    readonly base: number
    readonly cap: number
    readonly retryAfter: boolean
    readonly budget: { readonly share: number; readonly most: number }
  }
  readonly network: Distribution | number | null
  readonly keys: Keys | null
  readonly method: string
  readonly path: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
}

/** The clients of a scenario. */
export function resolveClients(input: unknown, problems: Problems): ResolvedClients[] {
  const list = asList(input)
  if (list.length === 0) {
    problems.add(
      'clients',
      'must be a list with at least one entry, such as { arrivals: poisson(100) }',
    )
  }
  return list.flatMap((one, at) => resolveOne(`clients[${at}]`, one, problems))
}

function resolveOne(place: string, input: unknown, problems: Problems): ResolvedClients[] {
  const given = validate(CLIENTS, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Given | undefined
  if (given === undefined) return []
  const isOpen = given.arrivals !== null
  if (isOpen === given.count > 0) {
    const both = isOpen ? 'has both' : 'needs one of'
    problems.add(place, `${both} arrivals (an open loop) and count (a closed loop)`)
  }
  for (const key of ['think', 'calls', 'start'] as const) {
    if (isOpen && key in asObject(input)) {
      problems.add(`${place}.${key}`, 'belongs to a closed loop: give count in place of arrivals')
    }
  }
  if (!isOpen && given.think === null && given.calls === null) {
    problems.add(
      place,
      '"think" is missing: without it a client would send without end at one instant',
    )
  }
  const { retry } = given
  const isEndless = retry.policy === 'immediate' && retry.times === Number.POSITIVE_INFINITY
  if (isEndless && !(Number(timeOf(given.network)?.mean) > 0)) {
    problems.add(
      `${place}.network`,
      'must be the time of the way to the gateway, such as 1: who tries again at once and without end would let no time pass',
    )
  }
  return [
    {
      name: given.name || place,
      arrivals: given.arrivals ?? undefined,
      count: given.count,
      think: timeOf(given.think) ?? constant(0),
      calls: given.calls ?? Number.POSITIVE_INFINITY,
      isTogether: given.start === 'together',
      timeoutMs: given.timeout,
      retry: {
        policy: retry.policy,
        times: retry.policy === 'none' ? 0 : retry.times,
        baseMs: retry.base,
        capMs: retry.cap,
        heeds: retry.retryAfter,
        budget: retry.budget.share === NO_BUDGET ? undefined : retry.budget,
      },
      network: timeOf(given.network),
      keys: given.keys ?? undefined,
      method: given.method,
      target: given.path,
      host: given.host,
      headers: new Map(
        Object.entries(given.headers).map(([name, text]) => [name.toLowerCase(), text]),
      ),
    },
  ]
}

function isCount(value: unknown, least: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= least)
}

function told(least: number, value: unknown): string {
  return `must be a whole number of ${least} or more, or Infinity, got ${shown(value)}`
}

function isTime(value: unknown): boolean {
  return (
    isDistribution(value) || (typeof value === 'number' && value >= 0 && Number.isFinite(value))
  )
}

function timeOf(value: Distribution | number | null): Distribution | undefined {
  return value === null ? undefined : typeof value === 'number' ? constant(value) : value
}
