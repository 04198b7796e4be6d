import type { Endpoint } from './endpoint.ts'
import type { Flow } from './flow.ts'

/** Endpoints that one instance of the strategy chooses among. */
export interface Group {
  /** Tells the groups of one selector apart and names them in logs: the upstream's, or a part of it. */
  readonly name: string
  /** Those that flows may go to. A held endpoint among them was let in by a selector, in a panic. */
  readonly ready: readonly Endpoint[]
  /** Those and the held ones. */
  readonly all: readonly Endpoint[]
}

/**
 * Stands around a strategy and sees held endpoints too: sorts the endpoints into groups and says
 * which group a flow goes to. Each group has an instance of the strategy, or of the next selector,
 * which lives as long as a group of its name is there.
 */
export interface Selector {
  /**
   * Sorts a group into groups, after holds, weights or membership changed; never during a request.
   * An endpoint stands in one group at most. Groups with nothing in `ready` may be left out.
   * Only endpoints without `firmHolds` may be let in.
   */
  update(group: Group): readonly Group[]
  /**
   * The place of the flow's group in what `update` gave last. Where that gives no endpoint, the
   * others are asked in order. Hot: synchronous, no allocation.
   */
  select(flow: Flow): number
}
