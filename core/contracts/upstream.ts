import type { Cancel } from './clock.ts'
import type { Endpoint, EndpointChange, EndpointState, Hold, HoldDetails } from './endpoint.ts'
import type { Flow, Outcome } from './flow.ts'
import type { Json } from './json.ts'
import type { EndpointTarget } from './transport.ts'
import type { EndpointConfig } from './upstream-config.ts'

/**
 * Sees one attempt end, with its latency to the first byte in ms, which leaves out the time that the
 * client took to send a body (see `settle` of Strategy). What the flow says of the attempt still
 * stands: when it began, and whether there was a first byte (`answeredAt`).
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

/**
 * Sees the head of an answer come. The flow says what it tells: `status`, `verdict`, and how long it
 * took (`answeredAt - awaitedSince`). Heard before the attempt ends, for a tunnel long before.
 */
export type AnswerListener = (endpoint: Endpoint, flow: Readonly<Flow>) => void

/** Stands before an endpoint that is ready, and lets some of its flows in. */
export interface Gate {
  /**
   * Whether the endpoint may get a flow now; otherwise it counts as full. Hot, and asked any number of
   * times for one flow, so it changes nothing. `point` is a number of [0, 1), evenly spread over the
   * flows and the same for all endpoints while one flow looks for its own: `point < share` lets in
   * that share of the flows.
   */
  admits(endpoint: Endpoint, point: number): boolean
  /** A flow was let in and counts on the endpoint. */
  took?(endpoint: Endpoint, flow: Readonly<Flow>): void
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
   * Whether a flow that prefers the endpoint gets it now: it is one of these, not full, and ready,
   * or held by drain alone, or let in by a panic. A flow that asks for a tunnel gets none that is held.
   * Where a gate lets in a share, the answer is about `flow`, and holds when that flow is sent.
   */
  accepts(endpoint: Endpoint, flow?: Readonly<Flow>): boolean
  /**
   * Keeps new flows away from the endpoint until the hold is released. Holds of one use add up,
   * those of different uses know nothing of each other. Three reasons are special: with `drain`,
   * flows that `prefer` the endpoint may still take it; `health` and `ejection` are lifted in a
   * panic, when so few endpoints are ready that a doubtful one is better than none.
   */
  hold(endpoint: Endpoint, reason: string, details?: HoldDetails): Hold
  /**
   * Takes the endpoint out of traffic: no new flows but those that `prefer` it, and no tunnel even
   * of those; tunnels are asked to go and cut at the deadline. Once it is drained nothing takes it
   * any more, so that it can be stopped. An endpoint may be drained by several at once.
   */
  drain(endpoint: Endpoint, options?: DrainOptions): Drain
  /**
   * Says that sessions are bound to these endpoints by `prefer`, which may come back to an endpoint at
   * any time: a drain goes on until its deadline, unless it is told for how long it must be quiet.
   */
  bindsSessions(): Cancel
  /** Why the endpoint is as it is: all holds in force, whoever holds, and the last changes. */
  state(endpoint: Endpoint): EndpointState
  /**
   * What the plugin uses that see the upstream know of it (`status` of Plugin), by plugin name; the
   * second use of one is `name#2`. Made anew at each call.
   */
  statuses(): Readonly<Record<string, Json>>
  /**
   * How the endpoint is reached, the upstream's TLS, protocol and timeouts included: for connections
   * of the caller's own, through TRANSPORT. The same for as long as the endpoint is there.
   */
  target(endpoint: Endpoint): EndpointTarget
  /** Multiplies the endpoint's weight by `factor`, above 0 to 1; strategies see it within a second. */
  weigh(endpoint: Endpoint, factor: number): void
  /**
   * Puts a gate before the endpoint: it stays ready, but takes only the flows that every gate on it
   * admits; the others find another endpoint, or none. Ends when what it gives is called.
   */
  gate(endpoint: Endpoint, gate: Gate): Cancel
  /**
   * Lets at most `flows`, 1 or more, be on the endpoint at once: it is full then, and others are
   * taken. The smallest of what uses and `connections.max` say counts; Infinity lifts the use's own.
   */
  cap(endpoint: Endpoint, flows: number): void
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
  /** Calls `listener` at the head of every answer on this upstream. */
  observeAnswers(listener: AnswerListener): Cancel
  /** Tells `listener` of flows that wait for an answer, from those that begin to now on. */
  observeWaits(listener: WaitListener): Cancel
  /**
   * Calls `joined` for each endpoint there is and each that comes, `left` for each that goes, and for
   * all that are there when the use, or the upstream, is dropped; the others as they say.
   */
  watch(listener: MembershipListener): Cancel
}

/** How an endpoint is drained. */
export interface DrainOptions {
  /** After so many ms it counts as drained whatever is left on it. 30,000 by default. */
  readonly deadlineMs?: number
  /** Over so many ms tunnels are asked to go; at most, and by default, 80 % of `deadlineMs`. */
  readonly spreadMs?: number
  /**
   * So many ms nothing must have been on it. 0 by default: it is drained, and takes nothing more, from
   * the first moment in which it is idle. Where sessions are bound to endpoints it is not drained
   * before its deadline by default: they may return.
   */
  readonly quietMs?: number
  /** What led to it, such as `deploy of 12 May`. */
  readonly cause?: string
}

/** An endpoint on its way out. */
export interface Drain {
  readonly endpoint: Endpoint
  /** Flows that are still on it, tunnels included. */
  readonly left: number
  readonly isDone: boolean
  /** Fulfilled when it is drained, at the deadline, or when the drain is called off; never rejected. */
  readonly done: Promise<DrainEnd>
  /**
   * Puts the endpoint back into traffic, at any time; `cause` says why. Calling it again does
   * nothing.
   */
  release(cause?: string): void
}

/** How a drain ended. */
export interface DrainEnd {
  /** Nothing was left; the deadline came first; or it was called off. */
  readonly how: 'drained' | 'deadline' | 'released'
  /** Flows that go on, such as requests with a slow answer; no new ones come. */
  readonly left: number
  /** Tunnels that were cut. */
  readonly cut: number
}
