import type { EndpointChange, EndpointState, HoldStatus } from '../contracts/endpoint.ts'

const MOST_CHANGES = 20

/** What happened to one endpoint: the holds in force and the last changes, oldest first. */
export class Timeline {
  readonly #holds = new Set<HoldStatus>()
  readonly #changes: EndpointChange[] = []

  note(at: number, event: EndpointChange['event'], reason = '', cause = ''): void {
    if (this.#changes.length === MOST_CHANGES) this.#changes.shift()
    this.#changes.push({ at, event, reason, cause })
  }

  held(hold: HoldStatus): void {
    this.#holds.add(hold)
    this.note(hold.since, 'held', hold.reason, hold.cause)
  }

  released(hold: HoldStatus, at: number, cause: string): void {
    if (this.#holds.delete(hold)) this.note(at, 'released', hold.reason, cause)
  }

  /** When the last hold in force ends by itself: 0 without one, Infinity where one does not say. */
  get until(): number {
    let last = 0
    for (const { until } of this.#holds) last = Math.max(last, until || Number.POSITIVE_INFINITY)
    return last
  }

  get state(): EndpointState {
    return { holds: [...this.#holds], changes: [...this.#changes] }
  }
}
