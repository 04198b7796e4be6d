import { duration, type Resolved, size, Type } from '#core'

/** Failures without an answer that may be tried again. */
const FAILURES = ['connect-failed', 'reset', 'timeout'] as const

export const Options = Type.Object({
  retries: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10,
      default: 1,
      description: 'Further attempts that one request may have.',
    }),
  ),
  on: Type.Optional(
    Type.Array(Type.Enum([...FAILURES]), {
      default: ['connect-failed', 'reset'],
      description:
        'Failures to answer with another attempt: no connection, a connection lost before the answer, no answer in time.',
    }),
  ),
  statuses: Type.Optional(
    Type.Array(Type.Integer({ minimum: 400, maximum: 599 }), {
      default: [503],
      description: 'Statuses to answer with another attempt.',
    }),
  ),
  backoff: Type.Optional(
    duration({
      default: '25ms',
      description: 'The longest wait before the first retry; it doubles with each further one.',
    }),
  ),
  maxBackoff: Type.Optional(
    duration({ default: '250ms', description: 'The longest wait before any retry.' }),
  ),
  maxRetryAfter: Type.Optional(
    duration({
      default: '1s',
      description: 'A `Retry-After` up to this is waited for; beyond it the answer is passed on.',
    }),
  ),
  buffer: Type.Optional(
    size({
      default: '64kb',
      description: 'How much of a request’s body is kept; with a longer one nothing is retried.',
    }),
  ),
  budget: Type.Optional(
    Type.Object(
      {
        share: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 1,
            default: 0.2,
            description: 'Retries of the last window, as a share of the requests in it.',
          }),
        ),
        min: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 1_000_000,
            default: 3,
            description: 'Retries in a window that any upstream may have.',
          }),
        ),
        window: Type.Optional(duration({ default: '10s', description: 'The window.' })),
      },
      {
        default: {},
        description: 'How many retries an upstream may see, so that they never add to an outage.',
      },
    ),
  ),
})

export type RetryOptions = Resolved<typeof Options>
