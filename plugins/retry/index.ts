import { CLOCK, definePlugin, LOGGER, RNG } from '#core'
import { Options } from './options.ts'
import { Retry } from './retry.ts'

/**
 * Sends a failed request once more, to another endpoint, where that is safe: nothing of it was
 * sent, or its method is idempotent (RFC 9110, 9.2.2) and its body was kept; and no byte of an
 * answer has gone to the client. Waits full jitter ("Exponential Backoff And Jitter", AWS, 2015)
 * and never beyond the deadline. Each upstream has a budget of retries (as Finagle's), so that a
 * total outage sees at most a fifth more attempts than requests.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [retry()] } }
 * @example
 * retry({ retries: 2, statuses: [502, 503], on: ['connect-failed', 'reset', 'timeout'] })
 */
export const retry = definePlugin({
  name: 'retry',
  options: Options,
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) => new Retry(options, clock, rng, log),
})
