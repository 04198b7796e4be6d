import { METHODS } from 'node:http'
import { domainToASCII } from 'node:url'
import type { RoutePlugins } from '../contracts/route-plugins.ts'
import type { RouteMatch } from '../contracts/router.ts'
import { conditionText } from '../http/conditions.ts'
import { isSafePath, matchable } from '../http/path.ts'
import { asList, asObject, isPlainObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolveConditions } from './resolve-conditions.ts'
import { RouteTargets } from './resolve-fields.ts'
import { resolveChain } from './resolve-use.ts'
import type { ResolvedRoute } from './resolved.ts'
import { ROUTE } from './schema.ts'
import { remedy } from './suggest.ts'
import { shown, validate } from './validate.ts'

const HOST = /^(\*\.)?([a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:.]+\]$/
const SEGMENT = /^(:[A-Za-z_][A-Za-z0-9_]*|[^:*?#\s]*)$/

/** Methods that a route may name: all of node's but CONNECT, which asks for a tunnel to anywhere. */
export const ROUTABLE_METHODS = METHODS.filter((method) => method !== 'CONNECT')

export function resolveRoute(
  index: number,
  input: unknown,
  upstreams: readonly string[],
  bodyLimit: unknown,
  problems: Problems,
  fields?: RoutePlugins,
): ResolvedRoute | undefined {
  const place = `routes[${index}]`
  const config = validate(ROUTE, withLimit(input, bodyLimit), (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof ROUTE> | undefined
  // What is wrong with one key does not hide what is wrong below another.
  const given = config ?? asObject(input)
  for (const key of ['host', 'methods']) {
    const list = asObject(input)[key]
    if (!Array.isArray(list) || list.length > 0) continue
    problems.add(`${place}.${key}`, 'must name at least one; leave it out for any, got []')
  }
  const hosts = resolveHosts(`${place}.host`, given.host ?? [], problems)
  const methods = resolveMethods(`${place}.methods`, asList(given.methods), problems)
  const conditions = resolveConditions(place, given, problems)
  checkPath(`${place}.path`, given.path, given.exact === true, problems)
  const plugins = resolveChain(`${place}.plugins`, asList(asObject(input).plugins), problems)
  const path = typeof given.path === 'string' ? given.path : '/'
  const match: RouteMatch = { hosts, path, exact: given.exact === true, methods, conditions }
  const id = typeof given.name === 'string' && given.name !== '' ? given.name : label(match)
  const targets = new RouteTargets(place, input, upstreams, problems).resolve({ id, path }, fields)
  if (config === undefined) return undefined
  return { id, path, match, bodyLimitBytes: config.bodyLimit, plugins, ...targets }
}

/** A route's own limit, or the gateway's. */
function withLimit(input: unknown, bodyLimit: unknown): unknown {
  return isPlainObject(input) && bodyLimit !== undefined ? { bodyLimit, ...input } : input
}

/** Two routes with the same match: which one is meant cannot be told. */
export function refuseRepeatedRoutes(routes: readonly ResolvedRoute[], problems: Problems): void {
  const places = new Map<string, number>()
  const ids = new Map<string, number>()
  for (const [index, { match, id }] of routes.entries()) {
    const first = sameMatch(places, match, index) ?? index
    const place = `routes[${index}]`
    if (first !== index) problems.add(place, `routes[${first}] has the same match: ${label(match)}`)
    const same = ids.get(id) ?? index
    ids.set(id, same)
    if (same !== index && first === index) {
      problems.add(place, `routes[${same}] has the same name: "${id}"`)
    }
  }
}

function sameMatch(places: Map<string, number>, match: RouteMatch, index: number) {
  const hosts = match.hosts.length === 0 ? [''] : match.hosts
  const methods = match.methods.length === 0 ? [''] : match.methods
  // A path that ends in a slash and one that ends in a star match the same: what lies below.
  const path = match.path.replace(/:[^/]+/g, ':').replace(/(?<=.)\/$/, match.exact ? '/' : '/*')
  const exact = match.exact && !path.endsWith('/*')
  const conditions = match.conditions.map(conditionText).sort()
  let first: number | undefined
  for (const host of hosts) {
    for (const method of methods) {
      const key = JSON.stringify([host, path, exact, method, conditions])
      const other = places.get(key)
      if (other !== undefined && other !== index) first ??= other
      places.set(key, other ?? index)
    }
  }
  return first
}

function label({ methods, hosts, path, exact, conditions }: RouteMatch): string {
  const method = methods.length === 0 ? '' : `${methods.join(',')} `
  const wanted = conditions.length === 0 ? '' : ` with ${conditions.map(conditionText).join(', ')}`
  return `${method}${hosts.join(',')}${path}${exact ? ' exactly' : ''}${wanted}`
}

function resolveHosts(place: string, input: unknown, problems: Problems): string[] {
  const hosts = Array.isArray(input) ? input : [input]
  return hosts.map((host: unknown) => {
    const name = typeof host === 'string' ? host.toLowerCase() : ''
    if (!HOST.test(name)) {
      problems.add(
        place,
        `must be names such as "api.example.com" or "*.example.com"${hint(name)}, got ${shown(host)}`,
      )
    }
    return name.startsWith('[') ? canonicalIp(place, name, problems) : name
  })
}

/** What was probably meant by a name that is none. */
function hint(name: string): string {
  if (/[^\0-\x7f]/.test(name)) return ` as clients send them: ${shown(domainToASCII(name))}`
  if (/:\d*$/.test(name)) return ', without a port'
  return name.endsWith('.') ? ', without a dot at the end' : ''
}

/** An IPv6 address in brackets as browsers write it: others would never be asked for. */
function canonicalIp(place: string, name: string, problems: Problems): string {
  const url = URL.parse(`http://${name}`)
  if (url === null) problems.add(place, `must be an address such as "[2001:db8::1]", got "${name}"`)
  return url?.hostname ?? name
}

function resolveMethods(place: string, input: readonly unknown[], problems: Problems): string[] {
  return input.map((method) => {
    const name = String(method).toUpperCase()
    if (!ROUTABLE_METHODS.includes(name)) {
      problems.add(place, `unknown method "${method}"; ${remedy(name, ROUTABLE_METHODS)}`)
    }
    return name
  })
}

function checkPath(place: string, path: unknown, exact: boolean, problems: Problems): void {
  if (typeof path !== 'string') return
  const segments = path.split('/').slice(1)
  const isWild = segments.at(-1) === '*'
  const checked = isWild ? segments.slice(0, -1) : segments
  const names = checked.filter((segment) => segment.startsWith(':'))
  const got = `got ${shown(path)}`
  if (!path.startsWith('/') || !checked.every((segment) => SEGMENT.test(segment))) {
    problems.add(place, `must look like "/users", "/users/:id" or "/files/*", ${got}`)
  } else if (new Set(names).size < names.length) {
    problems.add(place, `must not name one parameter twice, ${got}`)
  } else if (!isSafePath(path)) {
    problems.add(place, `must not have dot segments or a malformed escape, ${got}`)
  } else if (matchable(path) !== path) {
    problems.add(
      place,
      `must have unreserved characters as they are: ${shown(matchable(path))}, ${got}`,
    )
  } else if (/[^\x21-\x7e]/.test(path)) {
    problems.add(place, `must be written as clients send it: ${shown(encodeURI(path))}, ${got}`)
  } else if (exact && isWild) {
    problems.add(place, `must not end in a star on a route that is exact, ${got}`)
  }
}
