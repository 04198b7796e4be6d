import { CLOCK, definePlugin, LOGGER, type Plugin, RNG, SCOPE, type Upstream } from '#core'
import type { Surroundings } from './breaker.ts'
import { Guards } from './guards.ts'
import { Options } from './options.ts'
import { Rotation } from './rotation.ts'
import { RouteBreaker } from './route-breaker.ts'
import { rulesOf } from './rules.ts'

/**
 * Stops asking what fails: an endpoint, an upstream or a route. After failures in a row, or a share
 * of failures or of slow calls in a window, it is open, and nobody is sent there; after a time that
 * doubles with each reopening a few probes may come (half-open); when enough of them succeed it is
 * closed, and lets in a share that grows step by step. (M. Nygard, "Release It!", 2007.) A client
 * that goes away, what the gateway answers itself and statuses of 400 to 499 say nothing.
 *
 * For the gateway or an upstream it holds endpoints; on a route it refuses requests. Each is an
 * opossum breaker, which `breakersOf` and the option `created` give.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [circuitBreaker()] } }
 * @example
 * circuitBreaker({ per: 'upstream', slow: { after: '500ms', rate: 0.8 }, openFor: '10s' })
 */
export const circuitBreaker = definePlugin({
  name: 'circuit-breaker',
  watchesHealth: true,
  options: Options,
  inject: [CLOCK, RNG, LOGGER, SCOPE],
  create(options, clock, rng, log, scope): Plugin {
    const { created, window } = options
    const rotation = new Rotation(clock, window)
    const shared: Surroundings = { rules: rulesOf(options), clock, rng, log, rotation, created }
    if (scope.kind === 'route') return new RouteBreaker(scope.name, shared)
    const all = new WeakMap<Upstream, Guards>()
    return {
      upstream(upstream) {
        all.set(upstream, new Guards(upstream, shared, options.per === 'upstream'))
      },
      status: (upstream) => all.get(upstream)?.status,
    }
  },
})
