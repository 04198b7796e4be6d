import { isIPv6 } from 'node:net'
import type { ResolvedGateway, ResolvedListener, ResolvedRoute } from '../config/resolved.ts'
import type { Address } from '../http/address.ts'
import { table } from './table.ts'

/** What `sluice start` prints once it listens. */
export function banner(config: ResolvedGateway, addresses: readonly Address[]): string {
  const urls = addresses.map((address, index) => urlOf(address, config.listeners[index]))
  const served = urls.filter((_url, index) => config.listeners[index]?.redirect === undefined)
  const routes = config.routes.map((route) => [route.id, goal(route)])
  const upstreams = config.upstreams.map(({ name, balance, endpoints }) => [
    name,
    balance.definition.name,
    endpoints.map((endpoint) => endpoint.url).join(', '),
  ])
  const plain = config.routes.find(({ match }) => match.conditions.length === 0)
  return [
    ...urls.map((url, index) => `sluice: listening on ${url}${purpose(config.listeners[index])}`),
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

function urlOf({ host, port }: Address, listener: ResolvedListener | undefined): string {
  // A client on this machine cannot dial "any address" everywhere.
  const dialled = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const scheme = listener?.tls === undefined ? 'http' : 'https'
  return `${scheme}://${isIPv6(dialled) ? `[${dialled}]` : dialled}:${port}`
}

function purpose(listener: ResolvedListener | undefined): string {
  return listener?.redirect === undefined ? '' : ', redirecting to https'
}

function curl(url: string, { match }: ResolvedRoute): string {
  const path = match.path.replace(/:[^/]+/g, '1').replace(/\*$/, '')
  const host = match.hosts[0]?.replace('*.', 'www.')
  // The certificate is that of a name, and maybe of one's own making.
  const insecure = url.startsWith('https:') ? ' -k' : ''
  const method = match.methods.length > 0 ? ` -X ${match.methods[0]}` : ''
  return `curl -i${insecure}${method}${host === undefined ? '' : ` -H 'Host: ${host}'`} ${url}${path}`
}
