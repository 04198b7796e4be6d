import { CLOCK, definePlugin, LOGGER, RNG } from '#core'
import { Ejections } from './ejections.ts'
import { Options } from './options.ts'

/**
 * Keeps new flows away from endpoints that do worse than the others, by what happens to the flows
 * themselves: no answer several times in a row, more failures than elsewhere, no first byte at all,
 * or, if asked for, more time than elsewhere. All of it is relative: where every endpoint does as
 * badly, none is ejected, since nothing would be better. Clients that go away and what the gateway
 * answers itself never count.
 *
 * An ejection ends by itself, and each one lasts twice as long as that before; or a health check
 * that passes ends it. At most half of an upstream's endpoints are ejected, and never the last that
 * answers. For the gateway, an upstream or a route.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [outlierEjection()] } }
 * @example
 * outlierEjection({ consecutive: 3, slower: 5, hang: { after: '10s' } })
 */
export const outlierEjection = definePlugin({
  name: 'outlier-ejection',
  watchesHealth: true,
  options: Options,
  inject: [CLOCK, RNG, LOGGER],
  create: (options, clock, rng, log) => ({
    upstream(upstream) {
      new Ejections(upstream, options, clock, rng.fork(upstream.name), log)
    },
  }),
})
