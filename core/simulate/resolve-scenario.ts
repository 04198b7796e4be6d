import { type TObject, Type } from 'typebox'
import { ConfigError } from '../config/config-error.ts'
import { asObject, closed } from '../config/options.ts'
import { dotted, Problems } from '../config/problems.ts'
import { resolveUpstream } from '../config/resolve-upstream.ts'
import type { ResolvedUpstream } from '../config/resolved.ts'
import { duration } from '../config/units.ts'
import { shown, validate } from '../config/validate.ts'
import type { Binding } from '../contracts/token.ts'
import type { SelectorUse } from '../contracts/uses.ts'
import { type Arrivals, isArrivals } from './arrivals.ts'
import type { Keys } from './keys.ts'
import { type ResolvedModel, resolveModels } from './resolve-model.ts'

/** A scenario after validation: nothing optional, nothing created. */
export interface ResolvedScenario {
  readonly seed: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly sliceMs: number
  readonly patienceMs: number
  readonly method: string
  readonly gateways: number
  readonly arrivals: Arrivals
  readonly keys: Keys | undefined
  readonly upstream: ResolvedUpstream
  readonly endpoints: readonly ResolvedModel[]
  readonly provide: readonly Binding[]
}

const UPSTREAM_NAME = 'simulated'
const optional = Type.Optional
const anything = () => Type.Unsafe<unknown>({})
const left = <T>(value: T) => optional(Type.Unsafe<unknown>({ default: value }))

const SCENARIO = schema({
  seed: optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 32 - 1, default: 1 })),
  duration: duration(),
  warmUp: optional(duration({ default: 0 })),
  slice: optional(duration({ default: 0 })),
  patience: optional(duration({ default: 0 })),
  method: optional(Type.String({ pattern: '^[A-Z-]+$', default: 'GET' })),
  gateways: optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
  arrivals: Type.Unsafe<Arrivals>({ check: needed(isArrivals, 'a plan such as poisson(100)') }),
  keys: optional(
    Type.Unsafe<Keys | null>({
      check: needed(isKeys, 'keys such as uniformKeys(1_000)'),
      default: null,
    }),
  ),
  endpoints: Type.Array(anything(), { minItems: 1 }),
  provide: optional(Type.Array(Type.Unsafe<Binding>({}), { default: [] })),
  // Validated as parts of an upstream.
  balance: anything(),
  select: left(null),
  plugins: left([]),
  connections: left({}),
  failure: left(null),
  timeouts: left({}),
})

interface GivenScenario {
  readonly seed: number
  readonly duration: number
  readonly warmUp: number
  readonly slice: number
  readonly patience: number
  readonly method: string
  readonly gateways: number
  readonly arrivals: Arrivals
  readonly keys: Keys | null
  readonly provide: readonly Binding[]
}

/**
 * Validates a scenario. `selectors` stand around the strategy where it lists none.
 *
 * @throws ConfigError with every problem
 */
export function resolveScenario(
  input: object,
  selectors: readonly SelectorUse[] = [],
): ResolvedScenario {
  const problems = new Problems()
  const given = validate(SCENARIO, input, (inside, sentence) =>
    problems.add(dotted(inside).slice(1), sentence),
  ) as GivenScenario | undefined
  const endpoints = resolveModels('endpoints', asObject(input).endpoints, problems)
  problems.raise()
  const scenario = given as GivenScenario
  if (scenario.warmUp >= scenario.duration) {
    problems.add('warmUp', `must be shorter than the duration of ${scenario.duration} ms`)
  }
  problems.raise()
  return {
    seed: scenario.seed,
    durationMs: scenario.duration,
    warmUpMs: scenario.warmUp,
    sliceMs: scenario.slice,
    patienceMs: scenario.patience,
    method: scenario.method,
    gateways: scenario.gateways,
    arrivals: scenario.arrivals,
    keys: scenario.keys ?? undefined,
    upstream: upstreamOf(asObject(input), endpoints, selectors),
    endpoints,
    provide: scenario.provide,
  }
}

/** The upstream that a config would make of the scenario, with places as the scenario has them. */
function upstreamOf(
  { balance, select, plugins, connections, failure, timeouts }: Record<string, unknown>,
  models: readonly ResolvedModel[],
  selectors: readonly SelectorUse[],
): ResolvedUpstream {
  const endpoints = models.map(({ id, place }, at) => ({ url: `http://${at}.test`, id, ...place }))
  const parts = { balance, select, plugins, connections, failure, timeouts }
  const written = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))
  const problems = new Problems()
  const upstream = resolveUpstream(UPSTREAM_NAME, { ...written, endpoints }, problems, selectors)
  try {
    problems.raise()
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error
    const prefix = `upstreams.${UPSTREAM_NAME}.`
    throw new ConfigError(error.problems.map((line) => line.replace(prefix, '')))
  }
  return upstream as ResolvedUpstream
}

function isKeys(value: unknown): boolean {
  return value === null || typeof (Object(value) as Partial<Keys>).draw === 'function'
}

function needed(is: (value: unknown) => boolean, what: string) {
  return (value: unknown) => (is(value) ? undefined : `must be ${what}, got ${shown(value)}`)
}

function schema(properties: Parameters<typeof Type.Object>[0]): TObject {
  return closed('simulate', Type.Object(properties)) as unknown as TObject
}
