import type { Cancel } from './clock.ts'
import type { Endpoint, EndpointChange, EndpointState, Hold, HoldDetails } from './endpoint.ts'
import type { Flow, Outcome } from './flow.ts'
import type { EndpointConfig } from './upstream-config.ts'

/**
 * Sees one attempt end, with its latency to the first byte in ms. What the flow says of the attempt
 * still stands: when it began, and whether there was a first byte (`answeredAt`).
 */
export type Observer = (
  endpoint: Endpoint,
  latencyMs: number,
  outcome: Outcome,
  flow: Readonly<Flow>,
) => void

/** Sees how long endpoints keep flows waiting. */
export interface WaitListener {
  /**
   * It is the endpoint's turn: a flow was sent to it, and the client has nothing left to send. After
   * each one comes either `answered` or `missed`, once.
   */
  awaited(endpoint: Endpoint): void
  /** The first byte of the answer came. */
  answered(endpoint: Endpoint): void
  /** The attempt ended without one. */
  missed(endpoint: Endpoint, outcome: Outcome): void
}

/** Sees what becomes of endpoints. */
export interface MembershipListener {
  joined?(endpoint: Endpoint): void
  left?(endpoint: Endpoint): void
  /** A hold began or ended, whoever holds; the endpoint's `holds` are right by then. */
  changed?(endpoint: Endpoint, change: EndpointChange): void
  /** Somebody has asked the endpoint and found it well, such as a health check that passed. */
  vouched?(endpoint: Endpoint): void
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
  /** Multiplies the endpoint's weight by `factor`, above 0 to 1; strategies see it within a second. */
  weigh(endpoint: Endpoint, factor: number): void
  /**
   * Endpoints beside the config's, in place of those that this use gave before. One that stays keeps
   * its state; one that is not there any more leaves. An id that is taken is passed over and logged.
   *
   * @throws ConfigError with everything that is wrong; nothing has changed then
   */
  supply(endpoints: readonly (string | EndpointConfig)[]): void
  /** Tells all that watch that the endpoint was found well just now, held or not. */
  vouch(endpoint: Endpoint): void
  /** Calls `observer` at the end of every attempt on this upstream. */
  observe(observer: Observer): Cancel
  /** Tells `listener` of flows that wait for an answer, from those that begin to now on. */
  observeWaits(listener: WaitListener): Cancel
  /**
   * Calls `joined` for each endpoint there is and each that comes, `left` for each that goes, and the
   * others as they say.
   */
  watch(listener: MembershipListener): Cancel
}
