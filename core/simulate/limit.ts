import type { Outcome } from '../contracts/flow.ts'
import type { Due } from './event-queue.ts'
import type { SimulatedRequest } from './simulated-request.ts'

/** A time after which a request is cut, whatever it is at. */
export class Limit implements Due {
  place = -1
  readonly #request: SimulatedRequest
  readonly #outcome: Outcome

  constructor(request: SimulatedRequest, outcome: Outcome) {
    this.#request = request
    this.#outcome = outcome
  }

  due(): void {
    this.#request.cut(this.#outcome)
  }
}
