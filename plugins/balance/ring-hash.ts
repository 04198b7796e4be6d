import { CLOCK, defineStrategy, RNG, Type } from '#core'
import { Ring } from './hashing/ring.ts'
import { HASHING, hashing } from './hashing.ts'

/**
 * Sends equal keys to one endpoint: each endpoint has points on a ring, and a key belongs to the
 * next point (Karger and others 1997, as ketama does it). An endpoint that leaves moves its own keys
 * alone. With 160 points, shares of equal endpoints differ by 8 % (one standard deviation).
 * O(log n) for a pick: a few steps, but each endpoint takes 160 points of the machine's cache. A
 * change of one endpoint of 10,000 takes some milliseconds, outside of requests.
 *
 * @example
 * balance: ringHash({ by: { cookie: 'session' }, maxLoad: 1.25 })
 */
export const ringHash = defineStrategy({
  name: 'ring-hash',
  options: Type.Object({
    ...HASHING,
    points: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 160,
        description:
          'Points of an endpoint for each unit of its weight. Halved for all where that makes more than 4 million.',
      }),
    ),
  }),
  inject: [RNG, CLOCK],
  create: (options, rng, clock) => hashing(options, rng, clock, new Ring(options.points)),
})
