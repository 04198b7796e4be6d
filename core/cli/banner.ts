import { isIPv6 } from 'node:net'
import type { ResolvedGateway, ResolvedRoute } from '../config/resolved.ts'
import type { Address } from '../http/listener.ts'

/** What `sluice start` prints once it listens. */
export function banner(config: ResolvedGateway, addresses: readonly Address[]): string {
  const urls = addresses.map(urlOf)
  const routes = config.routes.map((route) => [route.id, goal(route)])
  const upstreams = config.upstreams.map(({ name, balance, endpoints }) => [
    name,
    balance.definition.name,
    endpoints.map((endpoint) => endpoint.url).join(', '),
  ])
  const [first] = config.routes
  return [
    ...urls.map((url) => `sluice: listening on ${url}`),
    'routes',
    ...table(routes),
    'upstreams',
    ...table(upstreams),
    ...(first === undefined || urls[0] === undefined ? [] : ['try', `  ${curl(urls[0], first)}`]),
  ].join('\n')
}

function goal({ to, fields }: ResolvedRoute): string {
  const answer = ['redirect', 'respond'].find((field) => fields.has(field))
  return answer ?? `-> ${to.join(', ')}`
}

function urlOf({ host, port }: Address): string {
  // A client on this machine cannot dial "any address" everywhere.
  const dialled = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(dialled) ? `[${dialled}]` : dialled}:${port}`
}

function curl(url: string, { match }: ResolvedRoute): string {
  const path = match.path.replace(/:[^/]+/g, '1').replace(/\*$/, '')
  const host = match.hosts[0]?.replace('*.', 'www.')
  const method = match.methods.length > 0 ? ` -X ${match.methods[0]}` : ''
  return `curl -i${method}${host === undefined ? '' : ` -H 'Host: ${host}'`} ${url}${path}`
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  )
}
