import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import type { SelectorUse } from '../contracts/uses.ts'
import { asList, asObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolveEndpoints } from './resolve-endpoints.ts'
import { resolvePlugin, resolvePlugins, resolveSelectors, resolveStrategy } from './resolve-use.ts'
import type { ResolvedUpstream } from './resolved.ts'
import { UPSTREAM } from './schema.ts'
import { resolveUpstreamTls } from './upstream-tls.ts'
import { validate } from './validate.ts'

/** `selectors` stand around the strategy where the upstream lists none. */
export function resolveUpstream(
  name: string,
  input: unknown,
  problems: Problems,
  selectors: readonly SelectorUse[] = [],
): ResolvedUpstream | undefined {
  const place = `upstreams.${name}`
  const config = validate(UPSTREAM, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof UPSTREAM> | undefined
  const tls = resolveUpstreamTls(`${place}.tls`, asObject(asObject(config ?? input).tls), problems)
  // What is wrong with one key does not hide what is wrong below another.
  const given = config ?? asObject(input)
  const balance =
    given.balance === undefined
      ? undefined
      : resolveStrategy(`${place}.balance`, given.balance, problems)
  const select = resolveSelectors(`${place}.select`, asObject(input).select ?? selectors, problems)
  const plugins = resolvePlugins(`${place}.plugins`, asList(asObject(input).plugins), problems)
  const { endpoints, discover } = resolveSource(`${place}.endpoints`, given.endpoints, problems)
  if (config === undefined || balance === undefined) return undefined
  return {
    name,
    endpoints,
    discover,
    balance,
    select,
    plugins,
    host: config.host,
    target: {
      connectTimeoutMs: config.timeouts.connect,
      responseTimeoutMs: config.timeouts.response,
      idleTimeoutMs: config.timeouts.idle,
      connections: { maxIdle: config.connections.idle, idleMs: config.connections.keepAlive },
      protocol: config.protocol,
      ...(config.proxyProtocol !== '' && { proxyProtocol: config.proxyProtocol }),
      tls: { ...config.tls, ...tls },
    },
    limits: {
      requestTimeoutMs: config.timeouts.request,
      deadlineHeader: config.timeouts.deadlineHeader.toLowerCase(),
      maxInflight: config.connections.max,
    },
    failure: (config.failure ?? undefined) as UpstreamConfig['failure'],
    tunnelTimeoutMs: config.timeouts.tunnel,
  }
}

/** Where an upstream's endpoints come from: a list, or a plugin that discovers them. */
function resolveSource(
  place: string,
  input: unknown,
  problems: Problems,
): Pick<ResolvedUpstream, 'endpoints' | 'discover'> {
  const isList = Array.isArray(input)
  if (!isList && input !== undefined) {
    const wanted = 'a list of endpoints, or a plugin that discovers them'
    return { endpoints: [], discover: resolvePlugin(place, input, problems, wanted) }
  }
  if (isList && input.length === 0) problems.add(place, 'must have at least one endpoint, got []')
  return { endpoints: resolveEndpoints(place, asList(input), problems), discover: undefined }
}
