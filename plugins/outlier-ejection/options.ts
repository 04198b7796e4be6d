import { checked, duration, type Resolved, Type } from '#core'

export const Options = checked(
  Type.Object({
    consecutive: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        default: 5,
        description:
          'So many attempts in a row without an answer (no connection, a reset, a timeout) eject an endpoint; more where the others fail as well. 0 never does.',
      }),
    ),
    rate: Type.Optional(
      Type.Object(
        {
          gap: Type.Optional(
            Type.Number({
              minimum: 0.05,
              maximum: 1,
              default: 0.05,
              description:
                'How much larger than that of the others an endpoint’s share of failures must be at least; 1 never ejects.',
            }),
          ),
          minRequests: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              default: 5,
              description: 'So many attempts in the window before an endpoint is compared.',
            }),
          ),
          window: Type.Optional(
            checked(
              duration({ default: '10s', description: 'The window, in tenths; `1s` or more.' }),
              atLeast(1_000),
            ),
          ),
        },
        { default: {}, description: 'Failures compared with those of the other endpoints.' },
      ),
    ),
    slower: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_000,
        default: 0,
        description:
          'So many times the latency of the others ejects an endpoint, such as 3; typical latencies of successes in the window are compared. 0 never does.',
      }),
    ),
    hang: Type.Optional(
      Type.Object(
        {
          flows: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 1_000_000,
              default: 3,
              description:
                'So many flows that wait for an answer, the last one begun at least `after` ago, eject an endpoint that gives none while others do; more where others are slow too. 0 never does.',
            }),
          ),
          after: Type.Optional(
            checked(
              duration({
                default: '2s',
                description: 'How long none of them gets a first byte; `100ms` or more.',
              }),
              atLeast(100),
            ),
          ),
        },
        { default: {}, description: 'Endpoints that take flows and answer none.' },
      ),
    ),
    time: Type.Optional(
      checked(
        duration({
          default: '5s',
          description:
            'How long the first ejection lasts, or up to a fifth less. Each further one lasts twice as long. `100ms` or more.',
        }),
        atLeast(100),
      ),
    ),
    maxTime: Type.Optional(
      checked(
        duration({ default: '5m', description: 'The longest ejection; `100ms` or more.' }),
        atLeast(100),
      ),
    ),
    forget: Type.Optional(
      duration({
        default: '1m',
        description: 'After each such time without an ejection the next one lasts half as long.',
      }),
    ),
    maxEjected: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description:
          'The largest share of an upstream’s endpoints ejected at once. One of several always may be.',
      }),
    ),
  }),
  ({ time, maxTime }) => (time > maxTime ? 'has a time beyond its maxTime' : undefined),
)

export type EjectionOptions = Resolved<typeof Options>

function atLeast(leastMs: number): (ms: number) => string | undefined {
  return (ms) => (ms < leastMs ? `must be ${leastMs}ms or more, got ${ms}ms` : undefined)
}
