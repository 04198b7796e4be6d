import { type TObject, Type } from 'typebox'
import { closed } from '../config/options.ts'
import { dotted, type Problems } from '../config/problems.ts'
import { duration } from '../config/units.ts'
import { shown, validate } from '../config/validate.ts'
import type { Duration } from '../contracts/units.ts'
import { type Distribution, isDistribution } from './distributions.ts'

/** When a fault is there: from the beginning and for ever by default. */
export interface FaultTime {
  from?: Duration
  to?: Duration
}

/**
 * How many of the calls that come meanwhile it befalls, above 0 to 1: of several faults, each its share
 * of what those listed before it let pass. All by default.
 */
export interface FaultShare {
  share?: number
}

/**
 * Something that is wrong with an endpoint for a time.
 *
 * - `refuse`: connections are refused, `after` ms, at once by default
 * - `drop`: connections are never accepted; `timeouts.connect` ends the attempt
 * - `hang`: calls are taken and never answered; `timeouts.response` ends the attempt
 * - `fail`: calls are answered with an error, `after` ms, without any work: 500 at once by default,
 *   a black hole that swallows traffic
 * - `slow`: services take `factor` times as long, or times of another distribution
 * - `capacity`: another number of `servers`, 0 for a pause
 */
export type Fault = FaultTime &
  (
    | (FaultShare & { kind: 'refuse'; after?: Duration })
    | (FaultShare & { kind: 'drop' })
    | (FaultShare & { kind: 'hang' })
    | (FaultShare & { kind: 'fail'; after?: Duration; status?: number; retryAfter?: Duration })
    | { kind: 'slow'; factor?: number; service?: Distribution }
    | { kind: 'capacity'; servers: number }
  )

/** One shape for all, so that reading them costs the same. */
export interface ResolvedFault {
  readonly kind: Fault['kind']
  readonly fromMs: number
  readonly toMs: number
  readonly share: number
  readonly afterMs: number
  readonly status: number
  /** -1 for none. */
  readonly retryAfterMs: number
  readonly factor: number
  readonly service: Distribution | undefined
  readonly servers: number
}

const optional = Type.Optional
const NEVER = 0

const TIME = {
  from: optional(duration({ default: 0 })),
  to: optional(duration({ default: NEVER })),
}
const SHARE = { share: optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1 })) }
const AFTER = { after: optional(duration({ default: 0 })) }
/** A check of its own, since a schema cannot say it. */
export const DISTRIBUTION = {
  check: (value: unknown) =>
    value === null || isDistribution(value)
      ? undefined
      : `must be a distribution such as exponential(10), got ${shown(value)}`,
}

const SCHEMAS: Readonly<Record<Fault['kind'], TObject>> = {
  refuse: schema({ ...SHARE, ...AFTER }),
  drop: schema(SHARE),
  hang: schema(SHARE),
  fail: schema({
    ...SHARE,
    ...AFTER,
    status: optional(Type.Integer({ minimum: 400, maximum: 599, default: 500 })),
    // 0 stands for none: a wait of nothing asks for nothing.
    retryAfter: optional(duration({ default: 0 })),
  }),
  slow: schema({
    factor: optional(Type.Number({ exclusiveMinimum: 0, default: 1 })),
    service: optional(Type.Unsafe<Distribution | null>({ ...DISTRIBUTION, default: null })),
  }),
  capacity: schema({ servers: Type.Integer({ minimum: 0 }) }),
}

/** A fault after validation; undefined after what is wrong was told. */
export function resolveFault(
  place: string,
  input: unknown,
  problems: Problems,
): ResolvedFault | undefined {
  const kind = String(Object(input).kind)
  if (!Object.hasOwn(SCHEMAS, kind)) {
    const kinds = Object.keys(SCHEMAS).join(', ')
    problems.add(place, `a fault has a kind, one of ${kinds}; got ${shown(input)}`)
    return undefined
  }
  const given = validate(SCHEMAS[kind as Fault['kind']], input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  )
  if (given === undefined) return undefined
  const fault = { ...BLANK, ...(given as Partial<Given>), kind: kind as Fault['kind'] }
  const { from, to, retryAfter } = fault
  if (to !== NEVER && to <= from) {
    problems.add(place, `it ends at ${to} ms, which must be after it begins at ${from} ms`)
  }
  return {
    kind: fault.kind,
    fromMs: from,
    toMs: to === NEVER ? Number.POSITIVE_INFINITY : to,
    share: fault.share,
    afterMs: fault.after,
    status: fault.status,
    retryAfterMs: retryAfter === 0 ? -1 : retryAfter,
    factor: fault.factor,
    service: fault.service ?? undefined,
    servers: fault.servers,
  }
}

interface Given {
  readonly from: number
  readonly to: number
  readonly share: number
  readonly after: number
  readonly status: number
  readonly retryAfter: number
  readonly factor: number
  readonly service: Distribution | null
  readonly servers: number
}

const BLANK: Given = {
  from: 0,
  to: NEVER,
  share: 1,
  after: 0,
  status: 500,
  retryAfter: 0,
  factor: 1,
  service: null,
  servers: 0,
}

/** Refuses every connection for ever. */
export const REFUSING: ResolvedFault = {
  kind: 'refuse',
  fromMs: 0,
  toMs: Number.POSITIVE_INFINITY,
  share: 1,
  afterMs: 0,
  status: 0,
  retryAfterMs: -1,
  factor: 1,
  service: undefined,
  servers: 0,
}

function schema(properties: Parameters<typeof Type.Object>[0]): TObject {
  return closed(
    'fault',
    Type.Object({ kind: Type.String(), ...TIME, ...properties }) as unknown as TObject,
  )
}
