import type { LiveEndpoint } from '../../upstream/endpoint.ts'
import type { Due } from '../event-queue.ts'
import type { ModelledEndpoint } from '../modelled-endpoint.ts'
import type { SimulatedGateway } from '../simulated-gateway.ts'
import type { VirtualClock } from '../virtual-clock.ts'

/**
 * What an endpoint is at a moment: `ready`; `warming` at less than its weight; `swamped`, with a queue
 * that takes longer than clients wait; `failing` by a fault of the scenario; or the reason for which the
 * first gateway holds it, such as `breaker`.
 */
export type EndpointStateName = string

/** More would be a picture of nothing. */
const MOST_ENDPOINTS = 40

interface Seen {
  readonly id: string
  readonly model: ModelledEndpoint
  readonly live: LiveEndpoint
  readonly weight: number
  readonly states: EndpointStateName[]
}

/** Looks at each endpoint once a slice, as the first gateway sees it. */
export class EndpointStates implements Due {
  place = -1
  readonly #clock: VirtualClock
  readonly #sliceMs: number
  readonly #swampedMs: number
  readonly #seen: readonly Seen[]

  constructor(
    clock: VirtualClock,
    gateway: SimulatedGateway,
    { sliceMs, swampedMs }: { sliceMs: number; swampedMs: number },
  ) {
    this.#clock = clock
    this.#sliceMs = sliceMs
    this.#swampedMs = swampedMs
    this.#seen = gateway.upstreams
      .flatMap(({ live, models }) => live.endpoints.map((one) => ({ one, models })))
      .slice(0, MOST_ENDPOINTS)
      .map(({ one, models }) => ({
        id: one.id,
        model: models[one.index] as ModelledEndpoint,
        live: one,
        weight: one.weight,
        states: [],
      }))
  }

  /** The states of each endpoint, slice by slice. */
  get seen(): readonly Pick<Seen, 'id' | 'model' | 'states'>[] {
    return this.#seen
  }

  due(): void {
    for (const seen of this.#seen) seen.states.push(this.#stateOf(seen))
    this.#clock.schedule(this, this.#sliceMs)
  }

  #stateOf({ live, model, weight }: Seen): EndpointStateName {
    if (live.holds !== 0) return live.timeline.state.holds.at(-1)?.reason ?? 'held'
    if (model.isFailing) return 'failing'
    if (model.waitMs > this.#swampedMs) return 'swamped'
    return live.weight < weight * 0.999 ? 'warming' : 'ready'
  }
}
