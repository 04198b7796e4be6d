import type { Endpoint, EndpointSet, Flow, KeySource, Outcome, Strategy } from '#core'
import { BoundedLoad } from './bounded-load.ts'
import { Gate } from './gate.ts'
import { Ranking } from './ranking.ts'

/** Where keys go, by a table made in advance. */
export interface Table {
  /** Takes the endpoints, their hashes and weights, that the last update gave. */
  update(ranking: Ranking): void
  /**
   * The first endpoint in the key's order that the gate lets pass; undefined after a number of
   * places that does not grow with the endpoints.
   */
  find(key: number, avoid: EndpointSet | undefined, gate: Gate): Endpoint | undefined
}

/**
 * Sends equal keys to one endpoint. What decides is ids, weights and the key: neither the order of
 * endpoints nor chance, so every gateway with this config decides alike. Where the table's order
 * has nothing that is open, which takes most endpoints to be closed, the ranking goes on: O(n).
 */
export class Hashed implements Strategy {
  readonly key: KeySource
  readonly start?: (endpoint: Endpoint) => void
  readonly settle?: (endpoint: Endpoint, latencyMs: number, outcome: Outcome) => void
  readonly #ranking = new Ranking()
  readonly #gate: Gate
  readonly #table: Table | undefined
  readonly #keyless: Strategy
  readonly #isBounded: boolean

  /**
   * `maxLoad` is how many times its share an endpoint may have, 0 for no bound; `keyless` chooses
   * for flows without a key. Without a table the ranking alone decides.
   */
  constructor(key: KeySource, maxLoad: number, keyless: Strategy, table?: Table) {
    const load = maxLoad === 0 ? undefined : new BoundedLoad(maxLoad)
    this.key = key
    this.#gate = new Gate(load)
    this.#table = table
    this.#keyless = keyless
    this.#isBounded = load !== undefined
    if (load === undefined && keyless.start === undefined && keyless.settle === undefined) return
    this.start = (endpoint) => {
      load?.count(endpoint)
      keyless.start?.(endpoint)
    }
    this.settle = (endpoint, latencyMs, outcome) => {
      load?.count(endpoint)
      keyless.settle?.(endpoint, latencyMs, outcome)
    }
  }

  update(ready: readonly Endpoint[]): void {
    this.#gate.update(ready)
    this.#ranking.update(ready)
    this.#table?.update(this.#ranking)
    this.#keyless.update(ready)
  }

  pick(flow: Flow): Endpoint | undefined {
    const { key, avoid } = flow
    if (key < 0) return this.#keyless.pick(flow)
    const found = this.#table?.find(key, avoid, this.#gate)
    if (found !== undefined) return found
    const ranked = this.#ranking.find(key, avoid, this.#gate)
    if (ranked !== undefined || !this.#isBounded) return ranked
    // Those with room are closed to this flow: one that is over its bound beats no answer.
    return this.#ranking.least(key, avoid, this.#gate)
  }
}
