import type { Problems } from './problems.ts'
import type {
  ResolvedChainUse,
  ResolvedListener,
  ResolvedRoute,
  ResolvedTcp,
  ResolvedUdp,
  ResolvedUpstream,
} from './resolved.ts'
import { goalsOf } from './tcp-goals.ts'

type Placed = readonly [place: string, listener: Pick<ResolvedListener, 'host' | 'port'>]

/** Each address is listened on once; a port of TCP and one of UDP are two. */
export function refuseRepeatedAddresses(
  http: readonly ResolvedListener[],
  tcp: readonly ResolvedTcp[],
  udp: readonly ResolvedUdp[],
  problems: Problems,
): void {
  const streams = [
    ...http.map((listener, index): Placed => [`http[${index}]`, listener]),
    ...tcp.map((listener): Placed => [listener.place, listener]),
  ]
  refuseRepeated(streams, problems)
  refuseRepeated(
    udp.map((listener): Placed => [listener.place, listener]),
    problems,
  )
}

function refuseRepeated(places: readonly Placed[], problems: Problems): void {
  const addresses = new Map<string, string>()
  for (const [place, { host, port }] of places) {
    if (port === 0) continue
    const address = JSON.stringify([host, port])
    const first = addresses.get(address)
    if (first === undefined) addresses.set(address, place)
    else problems.add(place, `${first} has the same address`)
  }
}

/** Who sends something to upstreams. */
interface Senders {
  readonly routes: readonly ResolvedRoute[]
  readonly tcp: readonly ResolvedTcp[]
  readonly udp: readonly ResolvedUdp[]
}

/** What stops or answers for the whole gateway belongs to it. */
export function refuseInner(
  upstreams: readonly ResolvedUpstream[],
  { routes, tcp, udp }: Senders,
  problems: Problems,
): void {
  for (const { plugins } of [...upstreams, ...routes, ...tcp, ...udp]) {
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

/** HTTP, connections and datagrams go to endpoints that take them. */
export function refuseOtherLayer(
  upstreams: readonly ResolvedUpstream[],
  { routes, tcp, udp }: Senders,
  problems: Problems,
): void {
  const byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]))
  for (const { id, to, mirrors } of routes) {
    for (const name of [...to, ...mirrors]) {
      if (byName.get(name)?.target.proxyProtocol !== undefined) {
        const why = 'has no effect on requests, but the route'
        problems.add(`upstreams.${name}.proxyProtocol`, `${why} ${id} sends them there`)
      }
      for (const url of foreign(byName.get(name), NO_HTTP)) {
        problems.add(
          `upstreams.${name}`,
          `${url} takes no HTTP, but the route ${id} sends it there`,
        )
      }
    }
  }
  for (const listener of tcp) {
    for (const name of goalsOf(listener)) {
      for (const url of foreign(byName.get(name), NO_STREAM)) {
        const form = 'write "tcp://" or, for TLS, "tls://" with host and port'
        problems.add(
          `upstreams.${name}`,
          `${url} is no endpoint of ${listener.place}, which sends it bytes; ${form}`,
        )
      }
    }
  }
  for (const { place, to } of udp) {
    if (byName.get(to)?.target.proxyProtocol !== undefined) {
      const why = 'has no effect on datagrams, but'
      problems.add(`upstreams.${to}.proxyProtocol`, `${why} ${place} sends them there`)
    }
    for (const url of foreign(byName.get(to), NO_DATAGRAMS)) {
      problems.add(
        `upstreams.${to}`,
        `${url} is no endpoint of ${place}, which sends it datagrams; write "udp://" with host and port`,
      )
    }
  }
}

const NO_HTTP = /^(tcp|tls|udp):/
const NO_STREAM = /^(https?|udp):/
const NO_DATAGRAMS = /^(https?|tcp|tls):/

/** The first endpoint of a kind: one is enough to tell. */
function foreign(upstream: ResolvedUpstream | undefined, kind: RegExp): string[] {
  const found = upstream?.endpoints.find(({ url }) => kind.test(url))
  return found === undefined ? [] : [found.url]
}
