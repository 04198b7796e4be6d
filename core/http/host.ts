import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'

/** The Host header for an endpoint of an upstream; `received` is the client's. */
export function hostFor(
  received: string,
  { host }: LiveUpstream,
  endpoint: Pick<LiveEndpoint, 'authority'>,
): string {
  if (host === 'preserve') return received
  return host === 'upstream' ? endpoint.authority : host
}

/** Host and port of an endpoint's URL, without the scheme's own port. */
export function authorityOf(url: string): string {
  return url.slice(url.indexOf('//') + 2)
}

/** The name in an authority, without its port. */
export function nameOf(authority: string): string {
  const colon = authority.lastIndexOf(':')
  return colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority
}
