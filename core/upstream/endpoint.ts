import type { Endpoint } from '../contracts/endpoint.ts'
import type { EndpointClient } from '../contracts/transport.ts'

/** The bit of an endpoint that is not in the config any more; it is never released. */
const LEFT = 1
/** Bits that plugin uses may have, LEFT's excluded: a small integer has 31. */
export const HOLD_BITS = 30

/**
 * One incarnation of an endpoint: one that leaves and comes back is a new object, so that late
 * releases of the old one count on the old one.
 */
export class LiveEndpoint implements Endpoint {
  readonly id: string
  readonly url: string
  readonly index: number
  readonly client: EndpointClient
  weight: number
  inflight = 0
  holds = 0
  /** So many flows may be on it at once. */
  maxInflight = Number.POSITIVE_INFINITY
  #configuredWeight: number
  /** Holds in force, by bit number. */
  readonly #held: number[] = []
  /** Warm-up factors in force, by the view that set them. */
  readonly #factors = new Map<object, number>()

  constructor(id: string, url: string, weight: number, index: number, client: EndpointClient) {
    this.id = id
    this.url = url
    this.weight = weight
    this.index = index
    this.client = client
    this.#configuredWeight = weight
  }

  get isFull(): boolean {
    return this.inflight >= this.maxInflight
  }

  get hasLeft(): boolean {
    return (this.holds & LEFT) !== 0
  }

  /** Counts one more hold on a bit; true if the endpoint was ready until now. */
  hold(bit: number): boolean {
    const wasReady = this.holds === 0
    this.#held[bit] = (this.#held[bit] ?? 0) + 1
    this.holds |= 1 << bit
    return wasReady
  }

  /** Counts one hold less; true if the endpoint is ready now. */
  unhold(bit: number): boolean {
    const left = (this.#held[bit] ?? 1) - 1
    this.#held[bit] = left
    if (left === 0) this.holds &= ~(1 << bit)
    return this.holds === 0
  }

  leave(): void {
    this.holds |= LEFT
  }

  /** Sets one view's factor, or the configured weight; true if the weight changed by it. */
  weigh(owner: object, factor: number): boolean {
    if (factor === 1) this.#factors.delete(owner)
    else this.#factors.set(owner, factor)
    return this.#reweigh()
  }

  configure(weight: number): boolean {
    this.#configuredWeight = weight
    return this.#reweigh()
  }

  #reweigh(): boolean {
    const before = this.weight
    this.weight = this.#configuredWeight
    for (const factor of this.#factors.values()) this.weight *= factor
    return this.weight !== before
  }
}
