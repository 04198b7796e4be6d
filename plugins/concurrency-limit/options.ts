import { checked, duration, type Resolved, Type } from '#core'

const Queue = Type.Object(
  {
    max: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        default: 100,
        description: 'So many may wait for a place; further ones are shed at once. 0 for none.',
      }),
    ),
    wait: Type.Optional(
      duration({ default: '1s', description: 'How long one may wait before it is shed.' }),
    ),
    order: Type.Optional(
      Type.Enum(['adaptive-lifo', 'codel', 'fifo'], {
        default: 'adaptive-lifo',
        description:
          'First come, first served; but while the queue lasts, the newest first (`adaptive-lifo`), or those are shed that waited for more than twice `target` (`codel`).',
      }),
    ),
    patience: Type.Optional(
      duration({
        default: '100ms',
        description:
          'A queue lasts when it has not been empty for so long; with `codel`, when no wait in so long was under `target`.',
      }),
    ),
    target: Type.Optional(
      duration({ default: '5ms', description: 'A wait that is fine, for `codel`.' }),
    ),
  },
  { default: {}, description: 'Those who wait for a place, by priority.' },
)

const Priority = Type.Object({
  routes: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Names of routes. Any by default.',
    }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'What headers of the request must be.',
    }),
  ),
  reserve: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'The share of the limit that those after them may not have.',
    }),
  ),
})

const Gradient = Type.Object(
  {
    min: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 3,
        description: 'The least limit, and the limit while unloaded answers are measured.',
      }),
    ),
    headroom: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 10,
        default: 0.25,
        description: 'The share by which answers may take longer than unloaded ones.',
      }),
    ),
    measureEvery: Type.Optional(
      checked(
        duration({
          default: '30s',
          description:
            'So long after one measurement of unloaded answers comes another, up to 15 % later; longer where a measurement would take more than a fiftieth of the time.',
        }),
        (ms) => (ms < 1_000 ? `must be 1s or more, got ${ms}ms` : undefined),
      ),
    ),
  },
  { default: {}, description: 'How an adaptive limit is found.' },
)

export const Options = checked(
  Type.Object({
    max: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        default: 0,
        description:
          'So many requests at once; with `adaptive` at most so many, 1000 by default. Required otherwise.',
      }),
    ),
    per: Type.Optional(
      Type.Enum(['use', 'route', 'endpoint'], {
        default: 'use',
        description:
          'What has a limit of its own: all that this use sees, each route, or each endpoint of the upstream.',
      }),
    ),
    adaptive: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'True finds the limit by how long answers take.',
      }),
    ),
    gradient: Type.Optional(Gradient),
    queue: Type.Optional(Queue),
    priorities: Type.Optional(
      checked(
        Type.Array(Priority, {
          default: [],
          description:
            'Requests that come before others, the most important first: `routes`, `headers`, and the `reserve` of the limit (0.1) that is kept for them. All others come last.',
        }),
        priorityProblem,
      ),
    ),
    headersFrom: Type.Optional(
      Type.Enum(['trusted', 'anyone'], {
        default: 'trusted',
        description:
          'Whose headers count in `priorities`: those of peers that the listener trusts (`trust`), or anyone’s.',
      }),
    ),
    tunnels: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'Whether a WebSocket or another upgrade has its place for as long as it is open.',
      }),
    ),
    retryAfter: Type.Optional(
      checked(
        duration({
          default: '1s',
          description:
            'What `Retry-After` asks of those who are shed: from this to three times as much, in seconds, by chance.',
        }),
        (ms) => (ms > 3_600_000 ? 'must be 1h or less' : undefined),
      ),
    ),
  }),
  limitProblem,
)

export type LimitOptions = Resolved<typeof Options>
export type QueueOptions = LimitOptions['queue']

interface Sizes {
  readonly max: number
  readonly adaptive: boolean
  readonly gradient: { readonly min: number }
}

function limitProblem({ max, adaptive, gradient }: Sizes): string | undefined {
  if (!adaptive) return max > 0 ? undefined : 'must have `max` of 1 or more, or `adaptive: true`'
  if (max === 0 || max >= gradient.min) return undefined
  return `must have a \`max\` of ${gradient.min} (gradient.min) or more, got ${max}`
}

interface Rule {
  readonly routes: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly reserve: number
}

function priorityProblem(rules: readonly Rule[]): string | undefined {
  const all = rules.findIndex(({ routes, headers }) => {
    return routes.length === 0 && Object.keys(headers).length === 0
  })
  if (all >= 0) return `must say which requests: [${all}] has neither routes nor headers`
  const reserved = rules.reduce((sum, { reserve }) => sum + reserve, 0)
  if (reserved < 1) return undefined
  return `must leave something to all others: the reserves add up to ${reserved}, which must be below 1`
}
