import type { EndpointPlace } from '../upstream/endpoint.ts'
import type { Resolved } from './options.ts'
import { dotted, Problems } from './problems.ts'
import { ENDPOINT } from './schema.ts'
import { shown, validate } from './validate.ts'

/**
 * Endpoints that are given while the gateway runs, `by` whom.
 *
 * @throws ConfigError with everything that is wrong
 */
export function resolveGiven(by: string, input: unknown): EndpointPlace[] {
  const problems = new Problems()
  if (!Array.isArray(input)) problems.add(by, `must be a list of endpoints, got ${shown(input)}`)
  const places = resolveEndpoints(by, Array.isArray(input) ? input : [], problems)
  problems.raise()
  return places
}

/** Endpoints that stand at `place`, each `id` once. */
export function resolveEndpoints(
  place: string,
  inputs: readonly unknown[],
  problems: Problems,
): EndpointPlace[] {
  const seen = new Map<string, string>()
  const endpoints: EndpointPlace[] = []
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

const SCHEMES = ['http:', 'https:', 'tcp:', 'tls:', 'udp:']

function resolveEndpoint(place: string, input: unknown, problems: Problems) {
  const given = typeof input === 'string' ? { url: input } : input
  const config = validate(ENDPOINT, given, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof ENDPOINT> | undefined
  if (config === undefined) return undefined
  const url = parseEndpointUrl(place, config.url, problems)
  if (url === undefined) return undefined
  const { weight, priority, zone, servername } = config
  const endpoint = { id: config.id || url.host, url: originOf(url), weight, priority, zone }
  return servername === '' ? endpoint : { ...endpoint, servername }
}

function parseEndpointUrl(place: string, text: string, problems: Problems): URL | undefined {
  const form = 'write scheme, host and port, such as "http://10.0.0.1:9001"'
  // No error of ours repeats a URL that may hold a password.
  const url = URL.parse(text)
  if (url === null) problems.add(place, `not a URL; ${form}`)
  else if (url.username !== '' || url.password !== '') {
    problems.add(place, `the URL has credentials; ${form}, and set a header in a plugin`)
  } else if (!SCHEMES.includes(url.protocol)) {
    const scheme = url.protocol.slice(0, -1)
    problems.add(place, `the scheme "${scheme}" is not http, https, tcp, tls or udp; ${form}`)
  } else if (url.hostname === '') problems.add(place, `the URL has no host; ${form}`)
  else if (url.port === '' && isStream(url)) {
    problems.add(place, `${url.protocol} has no port of its own; ${form}`)
  } else if (
    (url.pathname !== '/' && url.pathname !== '') ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    problems.add(place, `the URL has a path, query or fragment; ${form}`)
  } else if (url.port === '0') problems.add(place, `port 0 is nowhere to send to; ${form}`)
  else return url
  return undefined
}

// The schemes of layer 4 are not those that the URL standard knows an origin of.
function originOf(url: URL): string {
  return isStream(url) ? `${url.protocol}//${url.host}` : url.origin
}

function isStream({ protocol }: URL): boolean {
  return protocol === 'tcp:' || protocol === 'tls:' || protocol === 'udp:'
}
