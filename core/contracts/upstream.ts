import type { Cancel } from './clock.ts'
import type { Endpoint, EndpointState, Hold, HoldDetails } from './endpoint.ts'
import type { Outcome } from './flow.ts'
import type { EndpointTarget } from './transport.ts'
import type { EndpointConfig } from './upstream-config.ts'

/** Sees one attempt end, with its latency to the first byte in ms. */
export type Observer = (endpoint: Endpoint, latencyMs: number, outcome: Outcome) => void

/** Sees endpoints join and leave. */
export interface MembershipListener {
  joined?(endpoint: Endpoint): void
  left?(endpoint: Endpoint): void
}

/**
 * A named group of endpoints, as a plugin use sees it. Each use gets a view of its own: what it
 * holds, weighs and watches is undone when the use is disposed of.
 */
export interface Upstream {
  readonly name: string
  /** All endpoints, ready or held, in the config's order. A new array whenever one joins or leaves. */
  readonly endpoints: readonly Endpoint[]
  /**
   * Keeps new flows away from the endpoint until the hold is released. Holds of one use add up,
   * those of different uses know nothing of each other. Three reasons are special: with `drain`,
   * flows that `prefer` the endpoint may still take it; `health` and `ejection` are lifted in a
   * panic, when so few endpoints are ready that a doubtful one is better than none.
   */
  hold(endpoint: Endpoint, reason: string, details?: HoldDetails): Hold
  /** Why the endpoint is as it is: all holds in force, whoever holds, and the last changes. */
  state(endpoint: Endpoint): EndpointState
  /**
   * How the endpoint is reached, the upstream's TLS, protocol and timeouts included: for connections
   * of the caller's own, through TRANSPORT. The same for as long as the endpoint is there.
   */
  target(endpoint: Endpoint): EndpointTarget
  /** Multiplies the endpoint's weight by `factor`, above 0 to 1; strategies see it within a second. */
  weigh(endpoint: Endpoint, factor: number): void
  /**
   * Endpoints beside the config's, in place of those that this use gave before. One that stays keeps
   * its state; one that is not there any more leaves. An id that is taken is passed over and logged.
   *
   * @throws ConfigError with everything that is wrong; nothing has changed then
   */
  supply(endpoints: readonly (string | EndpointConfig)[]): void
  /** Calls `observer` at the end of every attempt on this upstream. */
  observe(observer: Observer): Cancel
  /**
   * Calls `joined` for each endpoint there is and each that comes, `left` for each that goes; and for
   * all that are there when the use, or the upstream, is dropped.
   */
  watch(listener: MembershipListener): Cancel
}
