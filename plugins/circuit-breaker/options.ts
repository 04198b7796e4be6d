import { checked, duration, type Resolved, Type } from '#core'
import type { CircuitBreaker } from './opossum.ts'

export const Options = Type.Object({
  per: Type.Optional(
    Type.Enum(['endpoint', 'upstream'], {
      default: 'endpoint',
      description:
        'What has a breaker of its own. A use on a route has one for the route, whatever stands here.',
    }),
  ),
  consecutive: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 5,
      description: 'So many failures in a row open it. 0 never does.',
    }),
  ),
  failureRate: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'This share of failures in the window opens it. 0 never does.',
    }),
  ),
  slow: Type.Optional(
    Type.Object(
      {
        after: Type.Optional(
          checked(
            duration({
              default: '1s',
              description: 'A call whose answer’s head takes as long is slow, whatever it says.',
            }),
            atLeast(1),
          ),
        ),
        rate: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 1,
            default: 0,
            description: 'This share of slow calls in the window opens it. 0 never does.',
          }),
        ),
      },
      { default: {}, description: 'Calls that take too long.' },
    ),
  ),
  window: Type.Optional(
    checked(
      duration({ default: '10s', description: 'What the shares are of, in tenths.' }),
      atLeast(100),
    ),
  ),
  minCalls: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10,
      description: 'So many calls must be in the window before a share counts.',
    }),
  ),
  openFor: Type.Optional(
    checked(
      duration({
        default: '5s',
        description: 'How long it is open the first time. Each reopening lasts twice as long.',
      }),
      atLeast(100),
    ),
  ),
  maxOpenFor: Type.Optional(
    checked(duration({ default: '5m', description: 'The longest time.' }), atLeast(100)),
  ),
  jitter: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description:
        'Up to this share less of it, by chance, so that several gateways do not probe together.',
    }),
  ),
  permits: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 3,
      description: 'Half-open: so many probes may wait for an answer at once.',
    }),
  ),
  successes: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 3,
      description: 'Half-open: so many probes must succeed, and none fail, to close it.',
    }),
  ),
  ramp: Type.Optional(
    Type.Object(
      {
        step: Type.Optional(
          Type.Number({
            minimum: 0.01,
            maximum: 1,
            default: 0.1,
            description: 'The share of flows let in at first, and added by each step. 1 for all.',
          }),
        ),
        every: Type.Optional(
          checked(duration({ default: '1s', description: 'How long a step lasts.' }), atLeast(10)),
        ),
      },
      { default: {}, description: 'What is let in once it has closed.' },
    ),
  ),
  created: Type.Optional(
    Type.Unsafe<((breaker: CircuitBreaker) => void) | null>({
      callback: 'optional',
      default: null,
      shown: '(breaker) => void',
      description: 'Is given each breaker as it is made, such as an exporter’s `add`.',
    }),
  ),
})

export type BreakerOptions = Resolved<typeof Options>

function atLeast(leastMs: number): (ms: number) => string | undefined {
  return (ms) => (ms < leastMs ? `must be ${leastMs}ms or more, got ${ms}ms` : undefined)
}
