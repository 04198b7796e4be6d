import { CLOCK, type Clock, definePlugin, LOGGER, RNG } from '#core'
import { type Counts, shared } from './groups.ts'
import { limitsOf } from './limits.ts'
import { MemoryStore } from './memory-store.ts'
import { Options, type RateLimitOptions } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { Rule } from './rule.ts'

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
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) =>
    new RateLimit(options, countsOf(options, clock), clock, rng, log),
})

function countsOf(options: RateLimitOptions, clock: Clock): Counts {
  const { group, algorithm, limit, window, burst, limits, maxKeys } = options
  if (group === '') return make(options, clock)
  const terms = JSON.stringify([algorithm, limit, window, burst, limits, maxKeys])
  return shared(clock, group, terms, () => make(options, clock))
}

function make(options: RateLimitOptions, clock: Clock): Counts {
  const rule = new Rule(limitsOf(options))
  const memory = new MemoryStore(rule, clock, options.maxKeys)
  return { rule, store: memory, isPrompt: true, keys: () => memory.size, close() {} }
}
