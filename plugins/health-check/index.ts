import { CLOCK, definePlugin, LOGGER, RNG, TRANSPORT } from '#core'
import { HealthCheck } from './health-check.ts'
import { Options } from './options.ts'

/**
 * Asks each endpoint every so often whether it is well, and keeps flows away from those that are
 * not: over HTTP, by a TCP connection, by gRPC's health service, or by a function of yours. Three
 * failed checks in a row take an endpoint out, two passed ones bring it back, as HAProxy's `fall`
 * and `rise` do; a new one needs one before its first request. What holds an endpoint that could
 * not be connected to, `unreachable`, is lifted by no panic, what holds another one, `health`, is.
 *
 * @example
 * upstreams: { users: { endpoints, balance: powerOfTwo(), plugins: [healthCheck({ path: '/healthz' })] } }
 * @example
 * healthCheck({ type: 'tcp', send: 'PING\r\n', expect: '+PONG' })
 * @example
 * healthCheck({ type: 'grpc', service: 'greeter.Greeter' })
 * @example
 * healthCheck({ check: async ({ url }, { signal }) => (await fetch(`${url}/ready`, { signal })).ok })
 */
export const healthCheck = definePlugin({
  name: 'health-check',
  options: Options,
  inject: [CLOCK, RNG, LOGGER, TRANSPORT],
  watchesHealth: true,
  create: (options, clock, rng, log, transport) =>
    new HealthCheck(options, { clock, rng, log, transport }),
})
