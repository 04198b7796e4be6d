import { doorsOf } from '../config/doors-of.ts'
import { fingerprint } from '../config/fingerprint.ts'
import type {
  ResolvedChainUse,
  ResolvedDoor,
  ResolvedEndpoint,
  ResolvedGateway,
  ResolvedRoute,
  ResolvedUpstream,
  ResolvedUse,
} from '../config/resolved.ts'
import { goalsOf } from '../config/tcp-goals.ts'
import { balanceKey, balanceSource, sourceOf, useKey } from '../container/use-source.ts'

/** What two configs are compared by; every text is equal for what goes on as it is. */
export interface Outline {
  /** By address. */
  readonly listeners: ReadonlyMap<string, string>
  /** What concerns the whole gateway, by the key in the config. */
  readonly settings: Parts
  /** By id, in the config's order. */
  readonly routes: ReadonlyMap<string, RouteOutline>
  readonly upstreams: ReadonlyMap<string, UpstreamOutline>
  /** By scope, slot and name. */
  readonly uses: ReadonlyMap<string, UseOutline>
}

/** Texts by the key in the config. */
export type Parts = ReadonlyMap<string, string>

export interface RouteOutline {
  /** Where its requests go, in words. */
  readonly goal: string
  readonly parts: Parts
}

export interface UpstreamOutline {
  /** Those of a list: what a plugin discovers is not known before. */
  readonly endpoints: ReadonlyMap<string, ResolvedEndpoint>
  readonly isDiscovered: boolean
  /** How connections are made: when it changes, every endpoint is another. */
  readonly connection: string
  readonly parts: Parts
}

export interface UseOutline {
  /** `routes[0].plugins[1] rate-limit` */
  readonly place: string
  readonly source: string
}

/** The outline of a config, in steps. Creates nothing. */
export function* outlineOf(config: ResolvedGateway): Generator<void, Outline, void> {
  const { shutdownTimeoutMs, shed } = config
  const settings = { shutdownTimeout: shutdownTimeoutMs, shed }
  const routes = new Map<string, RouteOutline>()
  const upstreams = new Map<string, UpstreamOutline>()
  const uses = new Map<string, UseOutline>()
  addChain(uses, ['gateway'], config.plugins)
  for (const upstream of config.upstreams) {
    upstreams.set(upstream.name, upstreamOf(upstream))
    addUpstreamUses(uses, upstream)
    yield
  }
  for (const route of config.routes) {
    routes.set(route.id, routeOf(route))
    addRouteUses(uses, route)
    yield
  }
  for (const listener of config.tcp) {
    const { host, port, place, plugins } = listener
    const id = `tcp ${port === 0 ? place : `${host}:${port}`}`
    routes.set(id, {
      goal: goalsOf(listener).join(', '),
      parts: partsOf({ routes: listener.routes }),
    })
    addChain(uses, ['tcp', port === 0 ? place : `${host}:${port}`], plugins)
  }
  for (const { host, port, place, to, flow, plugins } of config.udp) {
    const address = port === 0 ? place : `${host}:${port}`
    routes.set(`udp ${address}`, { goal: to, parts: partsOf({ flow }) })
    addChain(uses, ['udp', address], plugins)
  }
  const listeners = listenersOf(doorsOf(config))
  return { listeners, settings: partsOf(settings), routes, upstreams, uses }
}

/** By the key that the container knows a use by. */
type Uses = Map<string, UseOutline>

function listenersOf(listeners: readonly ResolvedDoor[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const listener of listeners) {
    const kind = listener.kind === 'udp' ? 'udp ' : ''
    const address = `${kind}${listener.host}:${listener.port}`
    // Only port 0 may stand there twice.
    const key = found.has(address) ? `${address} (${found.size})` : address
    found.set(key, fingerprint(Object.fromEntries(Object.entries(listener).flatMap(comparable))))
  }
  return found
}

// A Map has no keys of its own to compare. What a connection meets behind it is told as a route.
function comparable([key, value]: [string, unknown]): [string, unknown][] {
  if (key === 'to' || key === 'flow' || key === 'routes' || key === 'plugins' || key === 'place')
    return []
  if (key !== 'tls' || typeof value !== 'object' || value === null) return [[key, value]]
  const tls = value as { sni: ReadonlyMap<string, unknown> }
  return [[key, { ...tls, sni: [...tls.sni] }]]
}

function routeOf({ match, bodyLimitBytes, to, shares, mirrors, fallbacks, fields }: ResolvedRoute) {
  const answer = ['redirect', 'respond'].find((field) => fields.has(field)) ?? ''
  const targets = to.map((name) => (name in shares ? `${name} ${shares[name]}` : name))
  return {
    goal: to.length === 0 ? answer : targets.join(', '),
    parts: partsOf({ match, bodyLimit: bodyLimitBytes, mirror: mirrors, fallback: fallbacks }),
  }
}

function upstreamOf(upstream: ResolvedUpstream): UpstreamOutline {
  const { endpoints, discover, target, host, limits, failure, tunnelTimeoutMs } = upstream
  return {
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    isDiscovered: discover !== undefined,
    connection: fingerprint(target),
    parts: partsOf({
      endpoints: discover?.definition.name,
      host,
      limits,
      failure,
      'timeouts.tunnel': tunnelTimeoutMs,
    }),
  }
}

function partsOf(values: Readonly<Record<string, unknown>>): Parts {
  return new Map(Object.entries(values).map(([key, value]) => [key, fingerprint(value)]))
}

function addUpstreamUses(
  uses: Uses,
  { name, balance, select, discover, plugins }: ResolvedUpstream,
): void {
  const path = ['upstream', name]
  const source = balanceSource(balance, select)
  uses.set(balanceKey(path), { place: balance.place, source })
  if (discover !== undefined) addUse(uses, path, 'endpoints', discover)
  addChain(uses, path, plugins)
}

function addRouteUses(uses: Uses, { id, plugins, fields }: ResolvedRoute): void {
  const path = ['route', id]
  addChain(uses, path, plugins)
  for (const [field, use] of fields) addUse(uses, path, field, use)
}

function addChain(uses: Uses, path: readonly string[], chain: readonly ResolvedChainUse[]): void {
  for (const [slot, use] of chain.entries()) {
    const { place } = use
    if (use.kind === 'use') addUse(uses, path, `${slot}`, use)
    else {
      const source = fingerprint([use.plugin, use.options])
      uses.set(useKey(path, `${slot} native`, use.name), { place, source })
    }
  }
}

function addUse(
  uses: Uses,
  path: readonly string[],
  slot: string,
  use: ResolvedUse<unknown>,
): void {
  const { place, definition } = use
  uses.set(useKey(path, slot, definition.name), { place, source: sourceOf(use) })
}
