import { isIP } from 'node:net'
import type { ResolvedGateway, ResolvedTcp, ResolvedUpstream } from '../config/resolved.ts'
import { ServerNames } from '../stream/server-names.ts'
import { type Link, linksOf, type Target } from './explanation.ts'
import { Nonsense } from './nonsense.ts'
import { table } from './table.ts'
import { section, targetLines } from './told.ts'

/** What the gateway would do with a connection: what `sluice explain --json tcp://…` prints. */
export interface TcpExplanation {
  readonly connection: { readonly serverName: string; readonly alpn: readonly string[] }
  /** The listener on that port. */
  readonly listener: { readonly place: string; readonly address: string; readonly tls: string }
  /** Where in the config the goal stands, and its name; null where the connection is closed. */
  readonly goal: { readonly place: string; readonly upstream: string } | null
  /** In the order in which it runs. */
  readonly chain: readonly Link[]
  readonly upstreams: readonly Target[]
}

const FORM = 'write tcp://host:port, with ?alpn=h2 for what the client offers'

/**
 * What becomes of a connection to a port. A name as the host is the one that a TLS client asks for.
 *
 * @throws Nonsense
 */
export function explanationOfTcp(config: ResolvedGateway, written: string): TcpExplanation {
  const url = URL.parse(written)
  const port = Number(url?.port)
  if (url === null || url.hostname === '' || port === 0) {
    throw new Nonsense(`"${written}" is no connection; ${FORM}`)
  }
  const listener = config.tcp.find((one) => one.port === port)
  if (listener === undefined) {
    const ports = config.tcp.map((one) => one.port).join(', ')
    const known = ports === '' ? 'the config has no tcp listener' : `those of tcp are on ${ports}`
    throw new Nonsense(`no tcp listener on port ${port}; ${known}`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const serverName = isIP(host) === 0 ? host.toLowerCase() : ''
  const alpn = (url.searchParams.get('alpn') ?? '').split(',').filter((one) => one !== '')
  const goal = goalOf(listener, serverName, alpn)
  const upstreams = config.upstreams.filter(({ name }) => name === goal?.upstream)
  return {
    connection: { serverName, alpn },
    listener: {
      place: listener.place,
      address: `${listener.host}:${listener.port}`,
      tls: listener.tls === undefined ? 'passed on' : 'ends here',
    },
    goal,
    chain: [
      ...linksOf('gateway', config.plugins).filter(({ kind }) => kind === 'plugin'),
      ...linksOf('listener', listener.plugins),
      ...upstreams.flatMap(({ plugins }) => linksOf('upstream', plugins)),
    ],
    upstreams: upstreams.map(targetOf),
  }
}

/** The same as people read it. */
export function toldOfTcp(explanation: TcpExplanation): string {
  const { connection, listener, goal, chain, upstreams } = explanation
  const { serverName, alpn } = connection
  const name = serverName === '' ? 'no name' : `asks for ${serverName}`
  const offers = alpn.length === 0 ? '' : `, offers ${alpn.join(', ')}`
  const lines = [
    `a connection to ${listener.place} on ${listener.address}, TLS ${listener.tls}: ${name}${offers}`,
    goal === null ? '-> closed: no route has the name' : `-> ${goal.place}: ${goal.upstream}`,
  ]
  const rows = chain.map((link) => [link.level, link.name, link.place])
  lines.push(...section('chain, in this order', table(rows)))
  for (const upstream of upstreams) lines.push(...targetLines(upstream))
  return lines.join('\n')
}

function goalOf(
  listener: ResolvedTcp,
  serverName: string,
  alpn: readonly string[],
): TcpExplanation['goal'] {
  const { place, routes, to } = listener
  const names = new ServerNames(
    routes.map((route, index) => ({ ...route, to: String(index) })),
    (index) => Number(index),
  )
  const index = names.find({ serverName, alpn })
  const route = index === undefined ? undefined : routes[index]
  if (route !== undefined) return { place: `${place}.routes[${index}]`, upstream: route.to }
  return to === '' ? null : { place: `${place}.to`, upstream: to }
}

function targetOf(upstream: ResolvedUpstream): Target {
  return {
    name: upstream.name,
    isFallback: false,
    balance: upstream.balance.definition.name,
    select: upstream.select.map(({ definition }) => definition.name),
    key: null,
    discovery: upstream.discover?.definition.name ?? null,
    endpoints: upstream.endpoints.map((one) => ({
      ...one,
      inflight: 0,
      state: 'not checked',
      changes: [],
    })),
    statuses: {},
  }
}
