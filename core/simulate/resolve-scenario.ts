import { type TObject, Type } from 'typebox'
import { ConfigError } from '../config/config-error.ts'
import { asList, asObject, closed } from '../config/options.ts'
import { dotted, Problems } from '../config/problems.ts'
import { resolveUpstream } from '../config/resolve-upstream.ts'
import type { ResolvedUpstream } from '../config/resolved.ts'
import { duration } from '../config/units.ts'
import { shown, validate } from '../config/validate.ts'
import type { Binding } from '../contracts/token.ts'
import type { SelectorUse } from '../contracts/uses.ts'
import { type Arrivals, isArrivals } from './arrivals.ts'
import { constant, type Distribution, isDistribution } from './distributions.ts'
import { type ResolvedFault, resolveFault } from './faults.ts'
import type { Keys } from './keys.ts'
import type { EndpointTraits } from './modelled-endpoint.ts'

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

export interface ResolvedModel extends EndpointTraits {
  readonly faults: readonly ResolvedFault[]
}

const UPSTREAM_NAME = 'simulated'
const WITHOUT_BOUND = 1_000_000_000
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

const MODEL = schema({
  service: Type.Unsafe<Distribution | number>({
    check: (value: unknown) =>
      isDistribution(value) || (typeof value === 'number' && value >= 0 && Number.isFinite(value))
        ? undefined
        : `must be a time in ms or a distribution such as exponential(10), got ${shown(value)}`,
  }),
  servers: optional(Type.Integer({ minimum: 0, default: 0 })),
  queue: optional(Type.Integer({ minimum: 0, default: WITHOUT_BOUND })),
  gone: optional(Type.Enum(['serve', 'stop'], { default: 'serve' })),
  faults: optional(Type.Array(anything(), { default: [] })),
  count: optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
  id: optional(Type.String({ default: '' })),
  weight: optional(Type.Number({ exclusiveMinimum: 0, maximum: 65_535, default: 1 })),
  priority: optional(Type.Integer({ minimum: 0, maximum: 127, default: 0 })),
  zone: optional(Type.String({ default: '' })),
})

interface GivenModel {
  readonly service: Distribution | number
  readonly servers: number
  readonly queue: number
  readonly gone: 'serve' | 'stop'
  readonly count: number
  readonly id: string
  readonly weight: number
  readonly priority: number
  readonly zone: string
}

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
  const models = asList(asObject(input).endpoints).map((model, place) =>
    resolveModel(`endpoints[${place}]`, model, problems),
  )
  problems.raise()
  const scenario = given as GivenScenario
  if (scenario.warmUp >= scenario.duration) {
    problems.add('warmUp', `must be shorter than the duration of ${scenario.duration} ms`)
  }
  problems.raise()
  const endpoints = models.flatMap((model) => copies(model as Model))
  for (const [place, endpoint] of endpoints.entries()) endpoint.id ||= `e${place}`
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

interface Model extends ResolvedModel {
  id: string
  readonly count: number
  readonly place: { readonly weight: number; readonly priority: number; readonly zone: string }
}

function resolveModel(place: string, input: unknown, problems: Problems): Model | undefined {
  const given = validate(MODEL, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as GivenModel | undefined
  const faults = asList(asObject(input).faults).map((fault, at) =>
    resolveFault(`${place}.faults[${at}]`, fault, problems),
  )
  if (given === undefined) return undefined
  const { id, service, servers, queue, gone, count, weight, priority, zone } = given
  return {
    id,
    service: typeof service === 'number' ? constant(service) : service,
    servers: servers === 0 ? Number.POSITIVE_INFINITY : servers,
    queue: queue === WITHOUT_BOUND ? Number.POSITIVE_INFINITY : queue,
    stopsForGone: gone === 'stop',
    faults: faults.filter((fault) => fault !== undefined),
    count,
    place: { weight, priority, zone },
  }
}

function copies(model: Model): Model[] {
  const { id, count } = model
  if (count === 1) return [{ ...model }]
  return Array.from({ length: count }, (_, at) => ({ ...model, id: id === '' ? '' : id + at }))
}

/** The upstream that a config would make of the scenario, with places as the scenario has them. */
function upstreamOf(
  { balance, select, plugins, connections, failure, timeouts }: Record<string, unknown>,
  models: readonly Model[],
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
