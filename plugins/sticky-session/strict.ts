import type { Endpoint, Exchange, Upstream } from '#core'

const AGAIN = { 'retry-after': '1' }

/** Answers a session whose endpoint cannot take it, where no other is to. */
export function refuseStrictly(exchange: Exchange): void {
  exchange.refuse(503, 'The endpoint of this session cannot take the request now.', AGAIN)
}

/**
 * The last word, for each attempt: of its upstream only the session's endpoint is asked. That a split
 * sends the session to another upstream is the route's decision.
 */
export function holdTo(
  bound: { readonly endpoint: Endpoint; readonly upstream: Upstream } | undefined,
  exchange: Exchange,
  endpoint: Endpoint,
): void {
  if (bound === undefined || endpoint === bound.endpoint) return
  if (exchange.flow.upstream.name === bound.upstream.name) refuseStrictly(exchange)
}
