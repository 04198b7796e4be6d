import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import type { SelectorUse } from '../contracts/uses.ts'
import { asList, asObject, type Resolved } from './options.ts'
import { dotted, type Problems } from './problems.ts'
import { resolvePlugins, resolveSelectors, resolveStrategy } from './resolve-use.ts'
import type { ResolvedEndpoint, ResolvedUpstream } from './resolved.ts'
import { ENDPOINT, UPSTREAM } from './schema.ts'
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
  const endpoints = resolveEndpoints(`${place}.endpoints`, asList(given.endpoints), problems)
  if (config === undefined || balance === undefined) return undefined
  return {
    name,
    endpoints,
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

function resolveEndpoints(
  place: string,
  inputs: readonly unknown[],
  problems: Problems,
): ResolvedEndpoint[] {
  const seen = new Map<string, string>()
  const endpoints: ResolvedEndpoint[] = []
  for (const [index, input] of inputs.entries()) {
    const here = `${place}[${index}]`
    const endpoint = resolveEndpoint(here, input, problems)
    if (endpoint === undefined) continue
    const first = seen.get(endpoint.id)
    if (first === undefined) {
      seen.set(endpoint.id, here)
      endpoints.push(endpoint)
    } else {
      problems.add(here, `"${endpoint.id}" stands at ${first} already; give one of them an id`)
    }
  }
  return endpoints
}

function resolveEndpoint(place: string, input: unknown, problems: Problems) {
  const given = typeof input === 'string' ? { url: input } : input
  const config = validate(ENDPOINT, given, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof ENDPOINT> | undefined
  if (config === undefined) return undefined
  const url = parseEndpointUrl(place, config.url, problems)
  if (url === undefined) return undefined
  const { weight, priority, zone } = config
  return { id: config.id || url.host, url: url.origin, weight, priority, zone }
}

function parseEndpointUrl(place: string, text: string, problems: Problems): URL | undefined {
  const form = 'write scheme, host and port, such as "http://10.0.0.1:9001"'
  // No error of ours repeats a URL that may hold a password.
  const url = URL.parse(text)
  if (url === null) problems.add(place, `not a URL; ${form}`)
  else if (url.username !== '' || url.password !== '') {
    problems.add(place, `the URL has credentials; ${form}, and set a header in a plugin`)
  } else if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    problems.add(place, `the scheme "${url.protocol.slice(0, -1)}" is not http or https; ${form}`)
  } else if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    problems.add(place, `the URL has a path, query or fragment; ${form}`)
  } else if (url.port === '0') problems.add(place, `port 0 is nowhere to send to; ${form}`)
  else return url
  return undefined
}
