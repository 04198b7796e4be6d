import { CLOCK, checked, definePlugin, LOGGER, RESOLVER, RNG, Type } from '#core'
import { allowProblem } from './allowed.ts'
import { DnsSource } from './dns-source.ts'
import { pause, SOURCE } from './options.ts'
import { serversProblem } from './servers.ts'
import { Watch } from './watch.ts'

const NAME =
  '^(?=.{1,253}\\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?$'

/**
 * Takes the addresses of a DNS name for endpoints, and asks again as their time to live ends. With
 * `type: 'SRV'` ports, priorities and weights come from DNS too (RFC 2782). Each address is an
 * endpoint of its own, `address:port` its id, and goes by the name for TLS.
 *
 * @example
 * upstreams: {
 *   users: { endpoints: dnsEndpoints({ name: 'users.internal', port: 9001 }), balance: powerOfTwo() },
 * }
 * @example
 * dnsEndpoints({ name: '_http._tcp.users.default.svc.cluster.local', type: 'SRV' })
 */
export const dnsEndpoints = definePlugin({
  name: 'dns-endpoints',
  options: checked(
    Type.Object({
      name: Type.String({
        pattern: NAME,
        description: 'The name, in full: search domains and the hosts file are not looked at.',
      }),
      type: Type.Optional(
        Type.Enum(['A', 'AAAA', 'both', 'SRV'], {
          default: 'A',
          description:
            'The records: IPv4 addresses, IPv6 addresses, both of them, or services and then their addresses.',
        }),
      ),
      port: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 65_535,
          default: 0,
          description: 'The port; 0 for the scheme’s own. SRV records bring theirs.',
        }),
      ),
      scheme: Type.Optional(
        Type.Enum(['http', 'https'], {
          default: 'http',
          description: 'How the endpoints are spoken to. Over `https` they must prove the name.',
        }),
      ),
      family: Type.Optional(
        Type.Enum(['A', 'AAAA', 'both'], {
          default: 'A',
          description: 'The addresses of the hosts that SRV records name.',
        }),
      ),
      servers: Type.Optional(
        checked(
          Type.Array(Type.String({ minLength: 1 }), {
            default: [],
            description: 'DNS servers, `address` or `address:port`, in place of the system’s.',
          }),
          serversProblem,
        ),
      ),
      allow: Type.Optional(
        checked(
          Type.Array(Type.String({ minLength: 1 }), {
            default: [],
            description:
              'Addresses and networks (`10.0.0.0/8`) that an answer may name; one with any other is not believed. All by default.',
          }),
          allowProblem,
        ),
      ),
      timeout: pause({
        default: '3s',
        description: 'For each answer, all servers and tries together.',
      }),
      interval: pause({
        default: '5s',
        description: 'Between looks where no time to live is known: at SRV records.',
      }),
      minInterval: pause({
        default: '1s',
        description:
          'A shorter time to live counts as this, and it is the wait after a first fault.',
      }),
      maxInterval: pause({
        default: '30s',
        description: 'A longer time to live counts as this, and no wait after a fault is longer.',
      }),
      ...SOURCE,
    }),
    ({ type, port, minInterval, maxInterval }) => {
      if (type === 'SRV' && port !== 0) return 'has a port, and SRV records bring theirs'
      return minInterval > maxInterval ? 'has a minInterval beyond its maxInterval' : undefined
    },
  ),
  inject: [RESOLVER, CLOCK, RNG, LOGGER],
  create: (options, resolver, clock, rng, log) => {
    const source = new DnsSource(options, resolver, clock)
    return { discover: (update) => new Watch(source, options, clock, rng, log).begin(update) }
  },
})
