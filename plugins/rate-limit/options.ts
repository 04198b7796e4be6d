import { checked, duration, type Exchange, type Resolved, redisOptions, Type } from '#core'
import { cidrProblem } from './addresses.ts'
import { KEYS, keyProblem } from './key-problem.ts'
import type { KeySource } from './keys.ts'
import { ALGORITHMS, limitsProblem, WRITTEN } from './limits.ts'

/** What a request costs: always the same, or what it is worth. */
type Cost = number | ((exchange: Exchange) => number)

const Fields = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      default: 0,
      description: 'Requests that one key may make in a `window`; 0 for none but `limits`.',
    }),
  ),
  window: Type.Optional(
    checked(duration({ default: '1m', description: 'The window of `limit`.' }), (windowMs) =>
      windowMs > 0 ? undefined : 'must be longer than nothing',
    ),
  ),
  burst: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      default: 0,
      description: 'Requests of `limit` that may come at once after a pause; 0 for all of them.',
    }),
  ),
  limits: Type.Optional(
    Type.Array(Type.String({ pattern: WRITTEN }), {
      maxItems: 8,
      default: [],
      description:
        "More limits that hold at the same time, such as `['10/s', '1000/h']`. A refused request takes from none.",
    }),
  ),
  algorithm: Type.Optional(
    Type.Enum(Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[], {
      default: 'tokenBucket',
      description: 'How requests are counted.',
    }),
  ),
  cost: Type.Optional(
    checked(
      Type.Unsafe<Cost>({
        default: 1,
        shown: 'number | function',
        description: 'What a request takes: a whole number, or a function of it; 0 is not counted.',
      }),
      costProblem,
    ),
  ),
  by: Type.Optional(
    checked(
      Type.Unsafe<KeySource | readonly KeySource[]>({
        default: 'ip',
        shown: KEYS,
        description:
          'Whose requests are counted together. A request without the header, cookie or claim is counted by its address.',
      }),
      keyProblem,
    ),
  ),
  group: Type.Optional(
    Type.String({
      pattern: '^[\\x20-\\x7e]{0,64}$',
      default: '',
      description:
        'Uses of one group with equal limits share their counts, on any route. Clients see its name.',
    }),
  ),
  allow: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: [],
        description: 'Addresses and CIDRs that are not limited.',
      }),
      cidrProblem,
    ),
  ),
  deny: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: [],
        description: 'Addresses and CIDRs that get 403, whatever they have left.',
      }),
      cidrProblem,
    ),
  ),
  headers: Type.Optional(
    Type.Enum(['draft', 'legacy', 'both', 'none'], {
      default: 'draft',
      description:
        'How clients are told: `RateLimit` and `RateLimit-Policy`, `X-RateLimit-*`, both, or not. `Retry-After` is always there.',
    }),
  ),
  jitter: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description:
        'Refused clients are told to wait longer by up to this share, so that they do not all return at once.',
    }),
  ),
  dryRun: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Counts and logs what it would refuse, and refuses nothing.',
    }),
  ),
  maxKeys: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 100_000,
      description:
        'Keys that are kept in memory at most. Beyond it newcomers share places until there is room.',
    }),
  ),
  redis: redisOptions({
    description:
      'The Redis in which all gateways of a `group` count together; in memory without its `url`.',
  }),
  leased: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'Takes from Redis in batches. Any span may see a batch a gateway more: a tenth of the limit, 100 at most.',
    }),
  ),
  onStoreError: Type.Optional(
    Type.Enum(['local', 'open', 'closed'], {
      default: 'local',
      description:
        'While Redis does not answer: count in this gateway alone, let everybody in, or answer 503.',
    }),
  ),
  storeTimeout: Type.Optional(
    checked(
      duration({
        default: '10ms',
        description: 'How long a request waits for Redis; then `onStoreError` decides.',
      }),
      (ms) => (ms > 0 && ms <= 1_000 ? undefined : 'must be from 1 ms to 1 s'),
    ),
  ),
})

export const Options = checked(Fields, problem)

export type RateLimitOptions = Resolved<typeof Options>

function problem(options: Resolved<typeof Fields>): string | undefined {
  const { redis, group, leased } = options
  if (redis.url !== '' && group === '') {
    return 'needs a `group` beside `redis`: the name under which gateways count together'
  }
  if (leased && redis.url === '') return '`leased` takes batches from Redis: give `redis` its url'
  return limitsProblem(options)
}

function costProblem(cost: unknown): string | undefined {
  if (typeof cost === 'function') return undefined
  if (typeof cost === 'number' && Number.isSafeInteger(cost) && cost >= 0) return undefined
  return `must be a whole number from 0, or a function, got ${String(cost)}`
}
