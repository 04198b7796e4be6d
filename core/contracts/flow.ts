import type { Endpoint, EndpointSet } from './endpoint.ts'
import type { Upstream } from './upstream.ts'

/**
 * How one attempt, or one whole exchange, ended.
 *
 * - `ok`: the endpoint answered, and the answer is no failure
 * - `upstream-error`: a status of 500 to 599, a reset, nonsense, or a body cut short
 * - `overload`: 429, or 503 with Retry-After
 * - `timeout`: no answer, or no more of it, in time
 * - `connect-failed`: no connection, so nothing was sent
 * - `client-abort`: the client went away first
 * - `local`: answered or refused by the gateway itself
 */
export type Outcome =
  | 'ok'
  | 'upstream-error'
  | 'overload'
  | 'timeout'
  | 'connect-failed'
  | 'client-abort'
  | 'local'

/** What an outcome says about the endpoint; `ignored` says nothing and must not count either way. */
export type Blame = 'success' | 'failure' | 'ignored'

declare const kept: unique symbol

/** A typed key of a flow's context; made by `contextKey`. */
export type ContextKey<T> = symbol & { readonly [kept]?: T }

/** What plugins tell each other about one flow. */
export interface Context {
  get<T>(key: ContextKey<T>): T | undefined
  set<T>(key: ContextKey<T>, value: T): void
}

/** One exchange, connection or conversation. Made once, reused by each of its attempts. */
export interface Flow {
  /** Where `acquire` looks for an endpoint. The chain may change it before that. */
  upstream: Upstream
  /** The hash of the strategy's key: 32 bits, unsigned; -1 for a flow that has none. */
  key: number
  /**
   * An endpoint to take if the upstream `accepts` it, such as a bound session's; a split sends the flow
   * to the upstream that does. It counts on the endpoint and with the strategy like any pick.
   */
  prefer: Endpoint | undefined
  /** Endpoints that are not taken, even when no other one is left. */
  avoid: EndpointSet | undefined
  /** Values that plugins share. */
  readonly context: Context
  /** Counts the attempts from 1; 0 before the first. A callback with an older number does nothing. */
  readonly attempt: number
  /** The endpoint of the attempt under way, or of the last one; undefined before the first. */
  readonly endpoint: Endpoint | undefined
  /** When the attempt under way began, by the monotonic clock, in ms. */
  readonly startedAt: number
  /** Since when it is the endpoint's turn, the client having sent everything: what latency counts from. */
  readonly awaitedSince: number
  /** When its answer's first byte came, in ms; 0 while there is none. */
  answeredAt: number
  /** The status of that answer, 101 for a tunnel or a connection of layer 4; 0 while there is none. */
  readonly status: number
  /** What the head of that answer says of its endpoint; undefined while there is none. */
  readonly verdict: Outcome | undefined
}
