import type { Endpoint } from '../contracts/endpoint.ts'
import type { Flow } from '../contracts/flow.ts'
import type { EndpointClient, EndpointTarget } from '../contracts/transport.ts'
import type { Gate } from '../contracts/upstream.ts'
import type { Draw } from './draw.ts'
import { Timeline } from './timeline.ts'

/** The bit of an endpoint that is not in the config any more; it is never released. */
const LEFT = 1
/** Bits that plugin uses may have, LEFT's excluded: a small integer has 31. */
export const HOLD_BITS = 30

/**
 * As many flows as there may ever be. A small integer: V8 keeps any other number in a box of its own,
 * which each pick would have to fetch.
 */
export const UNLIMITED = 2 ** 31 - 1

/** What no factor takes a weight below: strategies divide by weights, and by sums of them. */
const LEAST_WEIGHT = 1e-9

const NO_GATES: readonly Gate[] = []

/** What a config says of an endpoint. */
export interface EndpointPlace {
  readonly id: string
  readonly url: string
  readonly weight: number
  readonly priority: number
  readonly zone: string
  /** The name that it goes by, where that is not its URL's host. */
  readonly servername?: string
}

/** The same, with how to get there. */
export interface ReachablePlace extends EndpointPlace {
  readonly target: EndpointTarget
}

/**
 * One incarnation of an endpoint: one that leaves and comes back is a new object, so that late
 * releases of the old one count on the old one.
 */
export class LiveEndpoint implements Endpoint {
  readonly id: string
  readonly url: string
  /** Its host and port, without the scheme's own port. */
  readonly authority: string
  readonly index: number
  readonly client: EndpointClient
  readonly target: EndpointTarget
  readonly timeline = new Timeline()
  readonly priority: number
  readonly zone: string
  weight: number
  inflight = 0
  holds = 0
  firmHolds = 0
  /** So many flows may be on it at once. */
  maxInflight = UNLIMITED
  #gates = NO_GATES
  #draw: Draw | undefined = undefined
  #configuredWeight: number
  /** Holds in force, by bit number. */
  readonly #held: number[] = []
  /** Warm-up factors in force, by the view that set them. */
  readonly #factors = new Map<object, number>()
  #configuredMost = UNLIMITED
  /** Caps in force, likewise. */
  readonly #caps = new Map<object, number>()

  constructor(source: ReachablePlace, index: number, client: EndpointClient) {
    this.id = source.id
    this.url = source.url
    this.authority = authorityOf(source)
    this.priority = source.priority
    this.zone = source.zone
    this.weight = Math.max(LEAST_WEIGHT, source.weight)
    this.index = index
    this.client = client
    this.target = source.target
    this.#configuredWeight = source.weight
  }

  get isFull(): boolean {
    if (this.inflight >= this.maxInflight) return true
    return this.#gates !== NO_GATES && !this.#isAdmitted()
  }

  get hasLeft(): boolean {
    return (this.holds & LEFT) !== 0
  }

  /** Counts one more hold on a bit; true if that changes who may take the endpoint. */
  hold(bit: number, isFirm: boolean): boolean {
    const { holds, firmHolds } = this
    this.#held[bit] = (this.#held[bit] ?? 0) + 1
    this.holds |= 1 << bit
    if (isFirm) this.firmHolds |= 1 << bit
    return holds === 0 || (firmHolds === 0 && isFirm)
  }

  /** Counts one hold less; true if that changes who may take the endpoint. */
  unhold(bit: number): boolean {
    const left = (this.#held[bit] ?? 1) - 1
    this.#held[bit] = left
    if (left > 0) return false
    const { firmHolds } = this
    this.holds &= ~(1 << bit)
    this.firmHolds &= ~(1 << bit)
    return this.holds === 0 || (this.firmHolds === 0 && firmHolds !== 0)
  }

  get isGated(): boolean {
    return this.#gates !== NO_GATES
  }

  /** Puts up one gate more. `draw` is the upstream's. */
  gate(gate: Gate, draw: Draw): void {
    this.#draw = draw
    this.#gates = [...this.#gates, gate]
  }

  ungate(gate: Gate): void {
    const left = this.#gates.filter((one) => one !== gate)
    this.#gates = left.length === 0 ? NO_GATES : left
  }

  /** Tells the gates of a flow that passed them. */
  letIn(flow: Readonly<Flow>): void {
    for (const gate of this.#gates) gate.took?.(this, flow)
  }

  leave(): void {
    this.holds |= LEFT
    this.firmHolds |= LEFT
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

  #isAdmitted(): boolean {
    const gates = this.#gates
    const point = this.#draw?.point ?? 0
    for (let i = 0; i < gates.length; i++) if (gates[i]?.admits(this, point) === false) return false
    return true
  }

  /** Sets what the config says, 0 for nothing, of how many flows may be on it at once. */
  limit(maxInflight: number): void {
    this.#configuredMost = maxInflight || UNLIMITED
    this.#recap()
  }

  /** Sets one view's cap, or lifts it: Infinity. */
  cap(owner: object, flows: number): void {
    if (flows >= UNLIMITED) this.#caps.delete(owner)
    else this.#caps.set(owner, flows)
    this.#recap()
  }

  #recap(): void {
    let most = this.#configuredMost
    for (const cap of this.#caps.values()) if (cap < most) most = cap
    this.maxInflight = most
  }

  #reweigh(): boolean {
    const before = this.weight
    let weight = this.#configuredWeight
    for (const factor of this.#factors.values()) weight *= factor
    this.weight = Math.max(LEAST_WEIGHT, weight)
    return this.weight !== before
  }
}

function authorityOf({ url, servername }: EndpointPlace): string {
  const own = url.slice(url.indexOf('//') + 2)
  return servername === undefined ? own : servername + own.replace(/^(\[.*\]|[^:]*)/, '')
}
