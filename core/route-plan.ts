import { Chain } from './chain.ts'
import type { ResolvedListener, ResolvedNative, ResolvedRoute } from './config/resolved.ts'
import type { Use } from './container/use.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { RoutePlan } from './http/generation.ts'
import { IdentityHeaders, identityOf } from './http/identity-headers.ts'
import type { Scoped } from './http/mount.ts'
import type { LiveRoute } from './http/route.ts'
import type { LiveUpstream } from './upstream/upstream.ts'

/** What may stand in a chain. */
export type Link = Use<Plugin> | ResolvedNative

/** What a route is made of: its own uses stand between the gateway's and those of its upstreams. */
export interface RouteUses {
  readonly gateway: readonly Link[]
  readonly own: readonly Link[]
  readonly inner: readonly Use<Plugin>[]
}

/** @throws ConfigError for an identity header that cannot be meant */
export function planRoute(
  config: ResolvedRoute,
  number: number,
  upstream: LiveUpstream,
  { gateway, own, inner }: RouteUses,
): RoutePlan {
  const { id, path, match, bodyLimitBytes, to } = config
  const uses = [...gateway, ...own].filter(isUse)
  const route = {
    id,
    path,
    upstreams: to,
    chain: chainOf(uses),
    upstream,
    identity: IdentityHeaders.of(identityOf([...own.filter(isUse), ...inner])),
    bodyLimitBytes,
    number,
    hasParams: /[:*]/.test(match.path),
  }
  // The gateway's native plugins are registered once, for all routes.
  return { route, scoped: [...scopedOf(gateway.filter(isUse)), ...scopedOf(own)] }
}

/**
 * Refused requests have a route too, so that plugins of the whole gateway can log them. What
 * clients may not send here they may send nowhere.
 *
 * @throws ConfigError for an identity header that cannot be meant
 */
export function unmatchedRoute(
  gateway: readonly Link[],
  listeners: readonly ResolvedListener[],
  nowhere: LiveUpstream,
): LiveRoute {
  const uses = gateway.filter(isUse)
  return {
    id: 'unmatched',
    path: '',
    upstreams: [],
    chain: chainOf(uses),
    upstream: nowhere,
    identity: IdentityHeaders.of([...identityOf(uses), ...subjectHeaders(listeners)]),
    bodyLimitBytes: 0,
    number: -1,
    hasParams: false,
    url: '',
    isFull: false,
  }
}

export function isUse(link: Link): link is Use<Plugin> {
  return 'instance' in link
}

// Whichever listener sets it: endpoints cannot tell by which one a request came.
function subjectHeaders(listeners: readonly ResolvedListener[]): string[] {
  return listeners.flatMap(({ tls }) => tls?.clientCertHeader || [])
}

/** What runs for everything that comes in at one place. */
export function chainOf(uses: readonly Use<Plugin>[]): Chain {
  return new Chain(uses.map((use) => use.instance))
}

function scopedOf(links: readonly Link[]): Scoped[] {
  const scoped: Scoped[] = []
  for (const link of links) {
    if (!isUse(link)) scoped.push(link)
    else if (hasRoute(link.instance)) scoped.push(link.instance)
  }
  return scoped
}

function hasRoute(plugin: Plugin): plugin is Plugin & Required<Pick<Plugin, 'route'>> {
  return plugin.route !== undefined
}
