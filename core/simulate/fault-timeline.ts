import type { Due } from './event-queue.ts'
import type { ResolvedFault } from './faults.ts'
import type { ModelledEndpoint } from './modelled-endpoint.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Lets the faults of one endpoint begin and end. */
export class FaultTimeline implements Due {
  place = -1
  readonly #endpoint: ModelledEndpoint
  readonly #faults: readonly ResolvedFault[]
  readonly #clock: VirtualClock

  constructor(endpoint: ModelledEndpoint, faults: readonly ResolvedFault[], clock: VirtualClock) {
    this.#endpoint = endpoint
    this.#faults = faults
    this.#clock = clock
  }

  /** Puts the present in force, and waits for the next change. */
  due(): void {
    const now = this.#clock.now()
    this.#endpoint.suffer(this.#faults.filter(({ fromMs, toMs }) => fromMs <= now && now < toMs))
    const edges = this.#faults.flatMap(({ fromMs, toMs }) => [fromMs, toMs])
    const next = Math.min(...edges.filter((at) => at > now))
    if (Number.isFinite(next)) this.#clock.schedule(this, next - now)
  }
}
