import { CLOCK, defineStrategy, RNG, Type } from '#core'
import { HASHING, hashing } from './hashing.ts'

/**
 * Sends equal keys to one endpoint: of all endpoints the one whose hash with the key scores highest.
 * Shares follow weights closely, and an endpoint that leaves moves its own keys alone, evenly over
 * the others. O(n) for each pick: for up to about 100 endpoints.
 *
 * @example
 * balance: rendezvous({ by: { header: 'x-tenant' } })
 */
export const rendezvous = defineStrategy({
  name: 'rendezvous',
  options: Type.Object(HASHING),
  inject: [RNG, CLOCK],
  create: (options, rng, clock) => hashing(options, rng, clock),
})
