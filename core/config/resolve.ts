import type { RoutePlugins } from '../contracts/route-plugins.ts'
import type { SelectorUse } from '../contracts/uses.ts'
import { atOnce } from '../system/slices.ts'
import { isBinding } from './bindings.ts'
import { isCidr } from './cidr.ts'
import { asList, asObject, type Resolved } from './options.ts'
import { dotted, Problems } from './problems.ts'
import {
  refuseInner,
  refuseOtherLayer,
  refuseRepeatedAddresses,
  refuseSecond,
} from './refuse-clashes.ts'
import { refuseMissingParams } from './resolve-keys.ts'
import { refuseRepeatedRoutes, resolveRoute } from './resolve-route.ts'
import { resolveProxies, resolveTcp } from './resolve-tcp.ts'
import { resolveRedirect, resolveTls } from './resolve-tls.ts'
import { resolveUdp } from './resolve-udp.ts'
import { resolveUpstream } from './resolve-upstream.ts'
import { refuseRepeatedNatives, resolveChain } from './resolve-use.ts'
import type {
  ResolvedGateway,
  ResolvedListener,
  ResolvedRoute,
  ResolvedUpstream,
} from './resolved.ts'
import { GATEWAY, LISTENER } from './schema.ts'
import { shown, validate } from './validate.ts'

/**
 * Validates a config and fills in what it leaves out. Creates nothing; the input stays as it is.
 * `fields` are the plugins behind the fields of routes; needed where a route has such a field.
 * `selectors` are those of upstreams that list none.
 *
 * @throws ConfigError with every problem
 */
export function resolveConfig(
  input: unknown,
  fields?: RoutePlugins,
  selectors?: readonly SelectorUse[],
): ResolvedGateway {
  return atOnce(resolveSteps(input, fields, selectors))
}

/** The same in steps: a large config takes longer than other work can wait. */
export function* resolveSteps(
  input: unknown,
  fields?: RoutePlugins,
  selectors?: readonly SelectorUse[],
): Generator<void, ResolvedGateway, void> {
  const problems = new Problems()
  if (typeof input !== 'object' || input === null) {
    problems.add('', `a config must be an object made by defineGateway(), got ${shown(input)}`)
    problems.raise()
  }
  const given = input as Record<string, unknown>
  const isLayer4 = given.http === undefined && (given.tcp ?? given.udp) !== undefined
  if (given.http === undefined && !isLayer4) problems.add('', '"http" is missing')
  // What is wrong at the top does not hide what is wrong below, so the parts come from the input.
  const top = validate(GATEWAY, input, (inside, sentence) =>
    problems.add(dotted(inside).slice(1), sentence),
  ) as Resolved<typeof GATEWAY> | undefined
  if (top !== undefined && top.shed.stop < top.shed.heap) {
    problems.add('shed.stop', `must not be below shed.heap, got ${shown(top.shed.stop)}`)
  }
  if (given.routes === undefined && !isLayer4) problems.add('', '"routes" is missing')
  // From the input, not from the validated copy: services and native options keep their identity.
  const listeners = resolveListeners(given.http, problems)
  const names = Object.keys(asObject(given.upstreams))
  if (names.includes('')) problems.add('upstreams', 'must each have a name, got ""')
  const upstreams: ResolvedUpstream[] = []
  for (const [name, upstream] of Object.entries(asObject(given.upstreams))) {
    const resolved = resolveUpstream(name, upstream, problems, selectors)
    if (resolved !== undefined) upstreams.push(resolved)
    yield
  }
  const routes: ResolvedRoute[] = []
  for (const [index, route] of asList(given.routes).entries()) {
    const resolved = resolveRoute(index, route, names, top?.bodyLimit, problems, fields)
    if (resolved !== undefined) routes.push(resolved)
    yield
  }
  const tcp = resolveTcp(given.tcp, names, problems)
  const udp = resolveUdp(given.udp, names, problems)
  const senders = { routes, tcp, udp }
  refuseRepeatedAddresses(listeners, tcp, udp, problems)
  refuseOtherLayer(upstreams, senders, problems)
  refuseInner(upstreams, senders, problems)
  const plugins = resolveChain('plugins', asList(given.plugins), problems)
  const chains = [...upstreams, ...routes, ...tcp, ...udp].map((inner) => inner.plugins)
  refuseSecond([plugins, ...chains], problems)
  yield
  refuseRepeatedRoutes(routes, problems)
  refuseMissingParams(upstreams, routes, problems)
  yield
  refuseRepeatedNatives(
    plugins,
    routes.map((route) => route.plugins),
    problems,
  )
  const provide = asList(given.provide).filter((binding, index) => {
    if (isBinding(binding)) return true
    problems.add(`provide[${index}]`, `must be made by bind(TOKEN, value), got ${shown(binding)}`)
    return false
  })
  problems.raise()
  return {
    listeners,
    tcp,
    udp,
    upstreams,
    routes,
    plugins,
    provide: provide.filter(isBinding),
    shutdownTimeoutMs: top?.shutdownTimeout ?? 0,
    saysShutdownTimeout: given.shutdownTimeout !== undefined,
    shed: top?.shed ?? { heap: 1, stop: 1 },
  }
}

function resolveListeners(input: unknown, problems: Problems): ResolvedListener[] {
  if (input === undefined) return []
  const several = Array.isArray(input)
  const inputs: unknown[] = several ? input : [input]
  if (inputs.length === 0) problems.add('http', 'must have at least one listener, got []')
  const listeners = inputs.map((one, index) => {
    const place = several ? `http[${index}]` : 'http'
    const listener = validate(LISTENER, one, (inside, sentence) =>
      problems.add(place + dotted(inside), sentence),
    ) as Resolved<typeof LISTENER> | undefined
    for (const [at, cidr] of asList((listener ?? asObject(one)).trust).entries()) {
      if (typeof cidr === 'string' && isCidr(cidr)) continue
      problems.add(
        `${place}.trust[${at}]`,
        `must be a CIDR such as "10.0.0.0/8", got ${shown(cidr)}`,
      )
    }
    const tls = resolveTls(`${place}.tls`, asObject(one).tls, problems)
    const proxies = resolveProxies(`${place}.proxyProtocol`, asObject(one).proxyProtocol, problems)
    const redirect = resolveRedirect(`${place}.redirect`, asObject(one).redirect, problems)
    if (asObject(one).tls !== undefined && asObject(one).redirect !== undefined) {
      problems.add(`${place}.redirect`, 'must stand on a listener without tls, got both')
    }
    const { headersTimeout = 0, requestTimeout = 0 } = listener ?? {}
    if (requestTimeout > 0 && headersTimeout > requestTimeout) {
      problems.add(
        `${place}.headersTimeout`,
        `must not be longer than requestTimeout, got ${headersTimeout} ms`,
      )
    }
    if (listener === undefined) return undefined
    const { proxyProtocol: _, ...rest } = listener
    return { kind: 'http' as const, ...rest, tls, proxies, redirect }
  })
  return listeners.filter((listener) => listener !== undefined)
}
