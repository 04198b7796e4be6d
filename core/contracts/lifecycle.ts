import type { Cancel } from './clock.ts'

/**
 * Where a gateway stands: `starting` until it listens, `ready`, and `draining` once it stops or was
 * withdrawn. Balancers in front should send requests to one that is `ready` alone.
 */
export type Phase = 'starting' | 'ready' | 'draining'

/** Whether a gateway wants requests; bound to LIFECYCLE. */
export interface Lifecycle {
  readonly phase: Phase
  /**
   * Has balancers in front and clients turn elsewhere, while everything that comes is still served:
   * the phase is `draining`, and answers of HTTP/1.1 end their connections, more and more of them
   * over `overMs`, at once by default. Ends when what it gives is called, unless the gateway stops.
   */
  withdraw(overMs?: number): Cancel
}

/** How a gateway stops, and how long an endpoint that leaves has. */
export interface StopPlan {
  /**
   * Ms in which it still accepts, not ready any more, so that balancers in front notice. In
   * addition to `deadlineMs`.
   */
  readonly graceMs: number
  /** After so many ms what is still in flight is cut; of an endpoint that leaves, its tunnels. */
  readonly deadlineMs: number
  /** Over so many ms WebSockets are asked to reconnect, at most 80 % of `deadlineMs`. */
  readonly spreadMs: number
  /**
   * Ms that a connection without a request stays open once nothing is accepted any more, so that a
   * request that is on its way is still answered.
   */
  readonly lingerMs: number
}
