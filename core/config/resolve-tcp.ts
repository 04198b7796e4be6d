import { checkName } from './check-name.ts'
import { isCidr } from './cidr.ts'
import { asList, asObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolveTls } from './resolve-tls.ts'
import { resolvePlugins } from './resolve-use.ts'
import type { ResolvedTcp, ResolvedTcpRoute } from './resolved.ts'
import { PROXY_PROTOCOL, TCP, TCP_ROUTE } from './schema.ts'
import { shown, validate } from './validate.ts'

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const SERVER_NAME = new RegExp(`^(?:\\*\\.)?(?:${LABEL}\\.)*${LABEL}$`)

/** The TCP listeners of a config, which may go to `upstreams`. */
export function resolveTcp(
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedTcp[] {
  return asList(input)
    .map((one, index) => resolveOne(`tcp[${index}]`, one, upstreams, problems))
    .filter((listener) => listener !== undefined)
}

function resolveOne(
  place: string,
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedTcp | undefined {
  const config = validate(TCP, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof TCP> | undefined
  const given = asObject(input)
  if (given.to === undefined && asList(given.routes).length === 0) {
    problems.add(place, '"to" is missing; only a listener with routes needs none')
  }
  checkName(`${place}.to`, given.to, upstreams, problems)
  const routes = asList(given.routes).map((route, index) =>
    resolveTcpRoute(`${place}.routes[${index}]`, route, upstreams, problems),
  )
  refuseRepeated(place, routes, problems)
  const proxies = resolveProxies(`${place}.proxyProtocol`, given.proxyProtocol, problems)
  const tls = resolveTls(`${place}.tls`, given.tls, problems)
  for (const key of ['http2', 'clientCertHeader']) {
    if (asObject(given.tls)[key] === undefined) continue
    problems.add(`${place}.tls.${key}`, 'is for HTTP: it has no effect on connections')
  }
  const plugins = resolvePlugins(`${place}.plugins`, asList(given.plugins), problems)
  if (config === undefined) return undefined
  const { host, port, to, maxConnections, maxConnectionsPerClient, queue } = config
  return {
    kind: 'tcp',
    host,
    port,
    place,
    to,
    routes: routes.filter((route) => route !== undefined),
    proxies,
    tls,
    openingTimeoutMs: config.openingTimeout,
    plugins,
    maxConnections,
    maxConnectionsPerClient,
    queue: { size: queue.size, timeoutMs: queue.timeout },
    idleTimeoutMs: config.idleTimeout,
    onDown: config.onDown,
  }
}

function resolveTcpRoute(
  place: string,
  input: unknown,
  upstreams: readonly string[],
  problems: Problems,
): ResolvedTcpRoute | undefined {
  const config = validate(TCP_ROUTE, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof TCP_ROUTE> | undefined
  checkName(`${place}.to`, asObject(input).to, upstreams, problems)
  if (config === undefined) return undefined
  const names = [config.serverName].flat().map((name) => name.toLowerCase())
  for (const name of names) {
    if (SERVER_NAME.test(name)) continue
    const form = 'a name such as "a.example.com" or "*.example.com"'
    problems.add(`${place}.serverName`, `must be ${form}, got ${shown(name)}`)
  }
  return { names, alpn: [config.alpn].flat(), to: config.to }
}

/** Of two routes that take the same the second would never be used. */
function refuseRepeated(
  place: string,
  routes: readonly (ResolvedTcpRoute | undefined)[],
  problems: Problems,
): void {
  const seen = new Map<string, number>()
  for (const [index, route] of routes.entries()) {
    for (const name of route?.names ?? []) {
      const key = JSON.stringify([name, [...(route?.alpn ?? [])].sort()])
      const first = seen.get(key)
      if (first === undefined) seen.set(key, index)
      else problems.add(`${place}.routes[${index}]`, `routes[${first}] takes ${name} already`)
    }
  }
}

/** Validates a listener's `proxyProtocol`: the proxies that are believed. */
export function resolveProxies(
  place: string,
  input: unknown,
  problems: Problems,
): readonly string[] | undefined {
  if (input === undefined || input === null) return undefined
  const config = validate(PROXY_PROTOCOL, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof PROXY_PROTOCOL> | undefined
  for (const [index, cidr] of (config?.trust ?? []).entries()) {
    if (isCidr(cidr)) continue
    const wanted = 'must be a CIDR such as "10.0.0.0/8"'
    problems.add(`${place}.trust[${index}]`, `${wanted}, got ${shown(cidr)}`)
  }
  return config?.trust
}
