import { CLOCK, checked, definePlugin, duration, Type } from '#core'
import { SlowStart } from './slow-start.ts'

/**
 * Gives an endpoint that joins, or comes back from a failed check, an ejection or a whole drain, a
 * small share of its weight at first and more of it over a window, so that cold caches and empty
 * pools are not flooded. Envoy's rule. Where no other endpoint is warm, as at a start or after a total outage,
 * nothing is held back. For strategies that look at weights.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [slowStart({ window: '1m' })] } }
 */
export const slowStart = definePlugin({
  name: 'slow-start',
  options: Type.Object({
    window: Type.Optional(
      checked(
        duration({
          default: '30s',
          description: 'From the first share to the whole weight; `1s` or more.',
        }),
        (window) => (window < 1_000 ? 'must be 1s or more: weights move once a second' : undefined),
      ),
    ),
    aggression: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 100,
        default: 1,
        description:
          'How the share grows: 1 evenly, more of it early on above 1, late below. It is (time / window) to the power of 1 / `aggression`.',
      }),
    ),
    floor: Type.Optional(
      Type.Number({
        minimum: 0.01,
        maximum: 1,
        default: 0.1,
        description: 'The smallest share of its weight.',
      }),
    ),
  }),
  inject: [CLOCK],
  create: (options, clock) => ({
    upstream(upstream) {
      new SlowStart(upstream, options, clock)
    },
  }),
})
