import { CLOCK, definePlugin, LOGGER, REDIS, RNG } from '#core'
import { countsOf } from './counts.ts'
import { Options } from './options.ts'
import { RateLimit } from './rate-limit.ts'

/**
 * Refuses requests beyond a rate, by 429 and Retry-After: so many in a window for each client
 * address, header, cookie, claim, route, or whatever a function says. Counts as a token bucket (GCRA),
 * a sliding or a fixed window, several limits at once. Tells clients what they have left
 * (draft-ietf-httpapi-ratelimit-headers).
 *
 * @example
 * routes: [{ path: '/', to: 'users', plugins: [rateLimit({ limit: 100, window: '1m' })] }]
 * @example
 * rateLimit({ limits: ['10/s', '1000/h'], by: { header: 'x-api-key' }, group: 'api' })
 */
export const rateLimit = definePlugin({
  name: 'rate-limit',
  options: Options,
  inject: [CLOCK, RNG, LOGGER, REDIS],
  create: (options, clock, rng, log, redis) =>
    new RateLimit(options, countsOf(options, clock, redis), clock, rng, log),
})
