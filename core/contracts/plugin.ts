import type { FastifyInstance } from 'fastify'
import type { Cancel } from './clock.ts'
import type { Endpoint } from './endpoint.ts'
import type { AnswerHead, Exchange, Page, Refusal, Route, SettledHead } from './exchange.ts'
import type { Flow, Outcome } from './flow.ts'
import type { Json } from './json.ts'
import type { StopPlan } from './lifecycle.ts'
import type { Peer } from './peer.ts'
import type { SidePort } from './side-port.ts'
import type { Sent } from './transport.ts'
import type { Upstream } from './upstream.ts'
import type { EndpointConfig } from './upstream-config.ts'

/** An attempt that failed, and what may be done about it. */
export interface Failure {
  /** The attempt's number, from 1. */
  readonly attempt: number
  readonly outcome: Outcome
  /** The status that came, or 0 if there was no head. */
  readonly status: number
  /** What its Retry-After asks to wait, in ms; -1 where it has none. */
  readonly retryAfterMs: number
  /** How much of the request may have reached the endpoint; `nothing` is certain. */
  readonly sent: Sent
  /**
   * Whether it went out on a connection used before and nothing came back: most likely the endpoint
   * was closing that. Another attempt takes a new connection.
   */
  readonly reused: boolean
  /** Whether the request can be sent once more as it was: it has no body, or all of it was kept. */
  readonly replayable: boolean
  /** Whether its method means the same sent twice (RFC 9110, 9.2.2). */
  readonly idempotent: boolean
  /** Ms until the whole exchange must be over; Infinity without a limit. */
  readonly leftMs: number
}

/**
 * Takes the endpoints that there are now. One that stays keeps its state, one that is not there any
 * more leaves.
 *
 * @throws ConfigError with everything that is wrong; those from before stay in force then
 */
export type EndpointUpdate = (endpoints: readonly (string | EndpointConfig)[]) => void

/**
 * One use of a plugin. Every facet is optional; core calls those that are there, in the order
 * gateway, route, upstream, each in the config's order.
 */
export interface Plugin {
  /**
   * Headers that this use sets for the upstream to say who the client is. What a client sends
   * under these names, in any spelling, underscores and dots included, is removed before any plugin
   * runs; for a use of the whole gateway before routes are matched.
   */
  readonly identity?: readonly string[]
  /**
   * Before an endpoint is acquired. Reply, or write one field of the flow or its context.
   * A synchronous one costs nothing; a promise is awaited.
   */
  request?(exchange: Exchange): void | Promise<void>
  /** Before each attempt is sent: the last chance to set headers for this endpoint. */
  attempt?(exchange: Exchange, endpoint: Endpoint): void
  /** The head of the endpoint's answer is known and nothing has gone to the client yet. */
  response?(exchange: Exchange, answer: AnswerHead): void
  /**
   * No endpoint is ready (503), or the last attempt failed (502, 504), and nothing has gone to the
   * client: reply, or set `flow.upstream` to another upstream. That one is entered once an exchange,
   * and only with what may be sent again: nothing went out before, or the method is idempotent; its
   * body is whole; there is time left. The first plugin that does either decides.
   */
  fallback?(exchange: Exchange, refusal: Refusal): void
  /**
   * An error of the gateway's, or of a plugin's by `refuse`, is about to be answered: the page to
   * send in place of the problem document. The first plugin that gives one decides.
   */
  refused?(exchange: Exchange, refusal: Refusal): Page | undefined
  /**
   * The head of any answer is about to go out, whoever gives it: an endpoint, a plugin or the
   * gateway itself. After everything else that changes heads.
   */
  answer?(exchange: Exchange, answer: SettledHead): void
  /**
   * An attempt failed before anything went to the client: ms to wait before another one, or -1.
   * The first plugin that does not say -1 decides. Asked only when the request is replayable.
   */
  again?(flow: Flow, failure: Failure): number
  /** How much of a request's body `again` wants kept, in bytes; the largest of a chain counts. */
  readonly replayBytes?: number
  /** The exchange is over; called once for each one, refused ones included. */
  finished?(exchange: Exchange, outcome: Outcome): void
  /**
   * Exact paths that a use of the whole gateway answers itself, for any host and method, before
   * routes are matched, such as `/readyz`. Each must answer before it returns.
   */
  readonly serves?: ReadonlyMap<string, (exchange: Exchange) => void>
  /** A port of its own, by a use of the whole gateway, for those who run it. Read once, after `create`. */
  readonly listens?: SidePort
  /** How the gateway stops, by a use of the whole gateway; of several the last one says. */
  readonly stop?: StopPlan
  /**
   * Bytes of a body, a tunnel or a TCP connection went on: ms until more of them are read in this
   * direction, `up` from the client or `down` to it. 0 for at once; of several plugins the longest
   * wait counts. What the gateway answers by itself is not asked about.
   */
  pace?(flow: Flow, direction: 'up' | 'down', bytes: number): number
  /**
   * A TCP connection has come, or the first datagram of a flow, before an endpoint is acquired: false
   * refuses it. Or write one field of the flow or its context. A promise is awaited.
   */
  stream?(flow: Flow, peer: Peer): boolean | Promise<boolean>
  /** Hooks of Fastify's own on the route's scope. Keeps the route on Fastify's lane. */
  route?(scope: FastifyInstance, route: Route): void | Promise<void>
  /** Once for each upstream in the use's scope: watch, hold, weigh its endpoints. */
  upstream?(upstream: Upstream): void
  /**
   * What this use knows of the upstream for people to read, such as a breaker's state: plain JSON,
   * made on demand; undefined for nothing. `upstream` is the one that the facet of that name was
   * given. Shown by the admin API and `sluice explain`, read by plugins with `upstream.statuses()`.
   */
  status?(upstream: Upstream): Json | undefined
  /**
   * Finds the endpoints of the upstream under whose `endpoints` the use stands. Calls `update` with
   * all of them, at first and after each change; gives what ends it. A promise is awaited before the
   * config comes into force, so that the first answer can be there by then; one that is rejected
   * fails the load.
   */
  discover?(update: EndpointUpdate): Cancel | Promise<Cancel>
  /** Before traffic. A failure here fails the load. */
  start?(): void | Promise<void>
  /** The use is being dropped, or the gateway stops: finish what is open. */
  drain?(): Promise<void>
  /** Last call. Uses are disposed of in reverse order of creation. */
  dispose?(): void | Promise<void>
}
