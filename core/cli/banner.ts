import { isIPv6 } from 'node:net'
import { doorsOf } from '../config/doors-of.ts'
import type { ResolvedDoor, ResolvedGateway, ResolvedRoute } from '../config/resolved.ts'
import { goalsOf } from '../config/tcp-goals.ts'
import type { Address } from '../http/address.ts'
import { table } from './table.ts'

/** What `sluice start` prints once it listens. */
export function banner(config: ResolvedGateway, addresses: readonly Address[]): string {
  const doors = doorsOf(config)
  const urls = addresses.map((address, index) => urlOf(address, doors[index]))
  const served = urls.filter((_url, index) => isServing(doors[index]))
  const routes = config.routes.map((route) => [route.id, goal(route)])
  for (const listener of config.tcp) {
    routes.push([listener.place, `-> ${goalsOf(listener).join(', ')}`])
  }
  for (const { place, to, flow } of config.udp) routes.push([place, `-> ${to}`, flow])
  const upstreams = config.upstreams.map(({ name, balance, endpoints }) => [
    name,
    balance.definition.name,
    endpoints.map((endpoint) => endpoint.url).join(', '),
  ])
  const plain = config.routes.find(({ match }) => match.conditions.length === 0)
  return [
    ...urls.map((url, index) => `sluice: listening on ${url}${purpose(doors[index])}`),
    'routes',
    ...table(routes),
    'upstreams',
    ...table(upstreams),
    ...(plain === undefined || served[0] === undefined
      ? []
      : ['try', `  ${curl(served[0], plain)}`]),
  ].join('\n')
}

function goal({ to, fields }: ResolvedRoute): string {
  const answer = ['redirect', 'respond'].find((field) => fields.has(field))
  return answer ?? `-> ${to.join(', ')}`
}

function urlOf({ host, port }: Address, listener: ResolvedDoor | undefined): string {
  // A client on this machine cannot dial "any address" everywhere.
  const dialled = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const scheme = schemeOf(listener)
  return `${scheme}://${isIPv6(dialled) ? `[${dialled}]` : dialled}:${port}`
}

function schemeOf(listener: ResolvedDoor | undefined): string {
  if (listener?.kind === 'tcp' || listener?.kind === 'udp') return listener.kind
  return listener?.tls === undefined ? 'http' : 'https'
}

function purpose(listener: ResolvedDoor | undefined): string {
  return isRedirecting(listener) ? ', redirecting to https' : ''
}

function isServing(listener: ResolvedDoor | undefined): boolean {
  return listener?.kind === 'http' && !isRedirecting(listener)
}

function isRedirecting(listener: ResolvedDoor | undefined): boolean {
  return listener?.kind === 'http' && listener.redirect !== undefined
}

function curl(url: string, { match }: ResolvedRoute): string {
  const path = match.path.replace(/:[^/]+/g, '1').replace(/\*$/, '')
  const host = match.hosts[0]?.replace('*.', 'www.')
  // The certificate is that of a name, and maybe of one's own making.
  const insecure = url.startsWith('https:') ? ' -k' : ''
  const method = match.methods.length > 0 ? ` -X ${match.methods[0]}` : ''
  return `curl -i${insecure}${method}${host === undefined ? '' : ` -H 'Host: ${host}'`} ${url}${path}`
}
