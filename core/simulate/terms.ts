import type { Outcome } from '../contracts/flow.ts'
import type { ModelledEndpoint } from './modelled-endpoint.ts'
import type { SimulatedRequest } from './simulated-request.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Who learns what becomes of requests. */
export interface Witness {
  /** An attempt went to an endpoint. */
  sent(request: SimulatedRequest, model: ModelledEndpoint): void
  /** It ended. */
  settled(request: SimulatedRequest, model: ModelledEndpoint, outcome: Outcome): void
  /** The request is over, after however many attempts. */
  over(request: SimulatedRequest, outcome: Outcome): void
}

/** Who sent a request and waits for its end. */
export interface Sender {
  over(request: SimulatedRequest, outcome: Outcome): void
}

/** What all requests of the same clients have in common. */
export interface Terms {
  readonly clock: VirtualClock
  readonly witness: Witness
  readonly method: string
  readonly target: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** How long a client waits; 0 for ever. */
  readonly patienceMs: number
}
