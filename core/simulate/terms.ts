import type { Outcome } from '../contracts/flow.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { SimulatedRequest } from './simulated-request.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Who learns what becomes of requests. */
export interface Witness {
  /** An attempt went to an endpoint. */
  sent(request: SimulatedRequest, endpoint: LiveEndpoint): void
  /** It ended. */
  settled(request: SimulatedRequest, endpoint: LiveEndpoint, outcome: Outcome): void
  /** The request is over, after however many attempts. */
  over(request: SimulatedRequest, outcome: Outcome): void
}

/** What all requests of a simulation have in common. */
export interface Terms {
  readonly clock: VirtualClock
  readonly witness: Witness
  readonly method: string
  /** How long a client waits; 0 for ever. */
  readonly patienceMs: number
}
