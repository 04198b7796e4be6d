import { type TObject, Type } from 'typebox'
import { asList, asObject, closed } from '../config/options.ts'
import { dotted, type Problems } from '../config/problems.ts'
import { duration } from '../config/units.ts'
import { shown, validate } from '../config/validate.ts'
import { constant, type Distribution, isDistribution } from './distributions.ts'
import { type ResolvedFault, resolveFault } from './faults.ts'
import type { EndpointTraits } from './modelled-endpoint.ts'

/** An endpoint's model after validation. */
export interface ResolvedModel extends EndpointTraits {
  id: string
  readonly faults: readonly ResolvedFault[]
  readonly place: { readonly weight: number; readonly priority: number; readonly zone: string }
}

const WITHOUT_BOUND = 1_000_000_000
const optional = Type.Optional

const MODEL = closed(
  'simulate',
  Type.Object({
    service: Type.Unsafe<Distribution | number>({
      check: (value: unknown) =>
        isDistribution(value) || (typeof value === 'number' && value >= 0 && Number.isFinite(value))
          ? undefined
          : `must be a time in ms or a distribution such as exponential(10), got ${shown(value)}`,
    }),
    servers: optional(Type.Integer({ minimum: 0, default: 0 })),
    queue: optional(Type.Integer({ minimum: 0, default: WITHOUT_BOUND })),
    gone: optional(Type.Enum(['serve', 'stop'], { default: 'serve' })),
    cold: optional(
      Type.Object(
        {
          factor: optional(Type.Number({ minimum: 1, default: 1 })),
          for: optional(duration({ default: 0 })),
        },
        { default: {} },
      ),
    ),
    cache: optional(
      Type.Object(
        {
          entries: optional(Type.Integer({ minimum: 0, default: 0 })),
          miss: optional(Type.Number({ minimum: 1, default: 1 })),
        },
        { default: {} },
      ),
    ),
    contended: optional(Type.Boolean({ default: false })),
    faults: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
    count: optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    id: optional(Type.String({ default: '' })),
    weight: optional(Type.Number({ exclusiveMinimum: 0, maximum: 65_535, default: 1 })),
    priority: optional(Type.Integer({ minimum: 0, maximum: 127, default: 0 })),
    zone: optional(Type.String({ default: '' })),
  }) as unknown as TObject,
)

interface GivenModel {
  readonly service: Distribution | number
  readonly servers: number
  readonly queue: number
  readonly gone: 'serve' | 'stop'
  readonly cold: { readonly factor: number; readonly for: number }
  readonly cache: { readonly entries: number; readonly miss: number }
  readonly contended: boolean
  readonly count: number
  readonly id: string
  readonly weight: number
  readonly priority: number
  readonly zone: string
}

/** The models that stand at `place`, each as often as its `count` says; `prefix` begins their ids. */
export function resolveModels(
  place: string,
  input: unknown,
  problems: Problems,
  prefix = 'e',
): ResolvedModel[] {
  const models = asList(input).flatMap((model, at) => {
    return resolveModel(`${place}[${at}]`, model, problems)
  })
  for (const [at, model] of models.entries()) model.id ||= `${prefix}${at}`
  return models
}

function resolveModel(place: string, input: unknown, problems: Problems): ResolvedModel[] {
  const given = validate(MODEL, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as GivenModel | undefined
  const faults = asList(asObject(input).faults).map((fault, at) =>
    resolveFault(`${place}.faults[${at}]`, fault, problems),
  )
  if (given === undefined) return []
  const { id, service, servers, queue, gone, cold, cache, contended, count } = given
  const { weight, priority, zone } = given
  const model = {
    id,
    service: typeof service === 'number' ? constant(service) : service,
    servers: servers === 0 ? Number.POSITIVE_INFINITY : servers,
    queue: queue === WITHOUT_BOUND ? Number.POSITIVE_INFINITY : queue,
    stopsForGone: gone === 'stop',
    warmth: {
      coldFactor: cold.factor,
      coldMs: cold.for,
      entries: cache.entries,
      missFactor: cache.miss,
    },
    isContended: contended,
    faults: faults.filter((fault) => fault !== undefined),
    place: { weight, priority, zone },
  }
  if (count === 1) return [model]
  return Array.from({ length: count }, (_, at) => ({ ...model, id: id === '' ? '' : id + at }))
}
