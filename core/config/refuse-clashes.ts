import type { Problems } from './problems.ts'
import type {
  ResolvedChainUse,
  ResolvedListener,
  ResolvedRoute,
  ResolvedTcp,
  ResolvedUpstream,
} from './resolved.ts'
import { goalsOf } from './tcp-goals.ts'

type Placed = readonly [place: string, listener: Pick<ResolvedListener, 'host' | 'port'>]

/** Each address is listened on once. */
export function refuseRepeatedAddresses(
  http: readonly ResolvedListener[],
  tcp: readonly ResolvedTcp[],
  problems: Problems,
): void {
  const places: Placed[] = [
    ...http.map((listener, index): Placed => [`http[${index}]`, listener]),
    ...tcp.map((listener): Placed => [listener.place, listener]),
  ]
  const addresses = new Map<string, string>()
  for (const [place, { host, port }] of places) {
    if (port === 0) continue
    const address = JSON.stringify([host, port])
    const first = addresses.get(address)
    if (first === undefined) addresses.set(address, place)
    else problems.add(place, `${first} has the same address`)
  }
}

/** What stops or answers for the whole gateway belongs to it. */
export function refuseInner(
  upstreams: readonly ResolvedUpstream[],
  routes: readonly ResolvedRoute[],
  tcp: readonly ResolvedTcp[],
  problems: Problems,
): void {
  for (const { plugins } of [...upstreams, ...routes, ...tcp]) {
    for (const use of plugins) {
      if (use.kind !== 'use' || !use.definition.gatewayOnly) continue
      problems.add(use.place, "must stand in the gateway's own plugins")
    }
  }
}

/** Two of what stands once in a chain would each do all of it. */
export function refuseSecond(
  chains: readonly (readonly ResolvedChainUse[])[],
  problems: Problems,
): void {
  for (const chain of chains) {
    const places = new Map<string, string>()
    for (const use of chain) {
      if (use.kind !== 'use' || !use.definition.once) continue
      const { name } = use.definition
      const first = places.get(name)
      if (first === undefined) places.set(name, use.place)
      else problems.add(use.place, `${first} stands there already; keep one of them`)
    }
  }
}

/** HTTP goes to endpoints that speak it, connections to those that take connections. */
export function refuseOtherLayer(
  upstreams: readonly ResolvedUpstream[],
  routes: readonly ResolvedRoute[],
  tcp: readonly ResolvedTcp[],
  problems: Problems,
): void {
  const byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]))
  for (const { id, to, mirrors } of routes) {
    for (const name of [...to, ...mirrors]) {
      if (byName.get(name)?.target.proxyProtocol !== undefined) {
        const why = 'has no effect on requests, but the route'
        problems.add(`upstreams.${name}.proxyProtocol`, `${why} ${id} sends them there`)
      }
      for (const url of foreign(byName.get(name), STREAM)) {
        problems.add(
          `upstreams.${name}`,
          `${url} takes no HTTP, but the route ${id} sends it there`,
        )
      }
    }
  }
  for (const listener of tcp) {
    for (const name of goalsOf(listener)) {
      for (const url of foreign(byName.get(name), HTTP)) {
        const form = 'write "tcp://" or, for TLS, "tls://" with host and port'
        problems.add(
          `upstreams.${name}`,
          `${url} is no endpoint of ${listener.place}, which sends it bytes; ${form}`,
        )
      }
    }
  }
}

const STREAM = /^(tcp|tls):/
const HTTP = /^https?:/

/** The first endpoint of a kind: one is enough to tell. */
function foreign(upstream: ResolvedUpstream | undefined, kind: RegExp): string[] {
  const found = upstream?.endpoints.find(({ url }) => kind.test(url))
  return found === undefined ? [] : [found.url]
}
