import { CLOCK, definePlugin, LOGGER, RNG } from '#core'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { Options } from './options.ts'

/**
 * Lets so many requests through at once; others wait in a bounded queue for as long as a deadline
 * allows, or are shed with 503 and a Retry-After by chance. What counts is where it stands: all
 * requests of the gateway, of a route, or of an upstream; with `per`, those of each route or each
 * endpoint. An endpoint at its limit is skipped while others have room.
 *
 * An exchange counts once, however often it is retried, from the moment it is let through to its last
 * byte, however it ends. With `adaptive` the limit follows how long answers take.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [concurrencyLimit({ max: 100 })] } }
 * @example
 * concurrencyLimit({ adaptive: true, priorities: [{ routes: ['health'] }, { headers: { 'x-plan': 'paid' } }] })
 */
export const concurrencyLimit = definePlugin({
  name: 'concurrency-limit',
  options: Options,
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) => new ConcurrencyLimit(options, clock, rng, log),
})
