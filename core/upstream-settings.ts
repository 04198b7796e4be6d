import { Chain } from './chain.ts'
import { fingerprint } from './config/fingerprint.ts'
import type { ResolvedUpstream } from './config/resolved.ts'
import type { Use } from './container/use.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { Transport } from './contracts/transport.ts'
import { IdentityHeaders, identityOf } from './http/identity-headers.ts'
import type { EndpointPlace } from './upstream/endpoint.ts'
import type { EndpointSource } from './upstream/membership.ts'
import type { Balancer } from './upstream/selection.ts'
import type { UpstreamSettings } from './upstream/settings.ts'
import type { Supply } from './upstream/supply.ts'

/**
 * What a config says of an upstream, with the parts made for it.
 *
 * @throws ConfigError for an identity header that cannot be meant
 */
export function settingsOf(
  { target, endpoints, host, limits, failure, tunnelTimeoutMs }: ResolvedUpstream,
  strategy: Balancer,
  uses: readonly Use<Plugin>[],
  transport: Transport,
  supply: Supply | undefined,
): UpstreamSettings {
  const connection = fingerprint(target)
  const sourceOf = (place: EndpointPlace): EndpointSource => {
    const { url, servername = '' } = place
    const isNamed = servername !== '' && target.tls.servername === ''
    const tls = isNamed ? { ...target.tls, servername } : target.tls
    const reach = { url, ...target, tls }
    return {
      ...place,
      target: reach,
      connection: `${servername} ${connection}`,
      open: () => transport.open(reach),
    }
  }
  return {
    strategy,
    endpoints: endpoints.map(sourceOf),
    sourceOf,
    supply,
    chain: new Chain(
      uses.map((use) => use.instance),
      IdentityHeaders.of(identityOf(uses)),
    ),
    host,
    limits,
    failure,
    tunnelTimeoutMs,
  }
}
