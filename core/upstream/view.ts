import { resolveGiven } from '../config/resolve-endpoints.ts'
import type { Cancel } from '../contracts/clock.ts'
import type {
  Endpoint,
  EndpointState,
  Hold,
  HoldDetails,
  HoldStatus,
} from '../contracts/endpoint.ts'
import type { Flow } from '../contracts/flow.ts'
import type { Json } from '../contracts/json.ts'
import type { EndpointTarget } from '../contracts/transport.ts'
import type {
  AnswerListener,
  Drain,
  DrainOptions,
  Gate,
  MembershipListener,
  Observer,
  Upstream,
  WaitListener,
} from '../contracts/upstream.ts'
import type { EndpointConfig } from '../contracts/upstream-config.ts'
import { EndpointDrain } from './drain.ts'
import { LiveEndpoint } from './endpoint.ts'
import { ActiveFlow } from './flow.ts'
import type { LiveUpstream } from './upstream.ts'

// Reasons that a panic lifts.
const SOFT: ReadonlySet<string> = new Set(['health', 'ejection'])

/** The upstream behind a view that a plugin was given. */
export function liveOf(upstream: Upstream): LiveUpstream {
  if (upstream instanceof UpstreamView) return upstream.live
  throw new TypeError('flow.upstream must be an upstream that the plugin was given')
}

/** An upstream as one plugin use sees it: its own bits, and all it did is undone by `close`. */
export class UpstreamView implements Upstream {
  readonly live: LiveUpstream
  readonly #undo = new Set<Cancel>()
  readonly #weighed = new Set<LiveEndpoint>()
  readonly #capped = new Set<LiveEndpoint>()
  readonly #listeners = new Set<MembershipListener>()
  #isClosed = false
  #bit = 0
  #drainBit = 0
  #softBit = 0

  constructor(live: LiveUpstream) {
    this.live = live
  }

  get name(): string {
    return this.live.name
  }

  get endpoints(): readonly Endpoint[] {
    return this.live.endpoints
  }

  accepts(endpoint: Endpoint, flow?: Readonly<Flow>): boolean {
    return this.live.accepts(own(endpoint), flow instanceof ActiveFlow ? flow : undefined)
  }

  bindsSessions(): Cancel {
    if (this.#isClosed) return () => {}
    this.live.binders++
    return this.#once(() => {
      this.live.binders--
    })
  }

  hold(endpoint: Endpoint, reason: string, details: HoldDetails = {}): Hold {
    const { cause = '', forMs = 0, isExpected = false } = details
    const held = own(endpoint)
    if (this.#isClosed) return { endpoint, reason, release() {} }
    const { live } = this
    const isSoft = SOFT.has(reason)
    const bit = reason === 'drain' ? this.#drain() : isSoft ? this.#soft() : this.#own()
    const since = live.clock.wall()
    const status = { reason, cause, since, until: forMs > 0 ? since + forMs : 0 }
    this.#tellHeld(held, status, isExpected)
    live.hold(held, bit, !isSoft, status)
    let why = ''
    const end = this.#once(() => live.unhold(held, bit, status, why))
    const release = (because = ''): void => {
      why = because
      timer?.()
      end()
    }
    const timer =
      forMs > 0 ? live.clock.after(forMs, () => release('its time was over')) : undefined
    return { endpoint, reason, release }
  }

  state(endpoint: Endpoint): EndpointState {
    return own(endpoint).timeline.state
  }

  statuses(): Readonly<Record<string, Json>> {
    return this.live.reports()
  }

  target(endpoint: Endpoint): EndpointTarget {
    return own(endpoint).target
  }

  supply(endpoints: readonly (string | EndpointConfig)[]): void {
    const places = resolveGiven(`upstream ${this.name}`, endpoints)
    if (!this.#isClosed) this.live.supply(this, places)
  }

  weigh(endpoint: Endpoint, factor: number): void {
    if (!(factor > 0 && factor <= 1)) throw new RangeError(`factor must be above 0 to 1: ${factor}`)
    const weighed = own(endpoint)
    if (this.#isClosed) return
    this.#weighed.add(weighed)
    this.live.weigh(weighed, this, factor)
  }

  gate(endpoint: Endpoint, gate: Gate): Cancel {
    const gated = own(endpoint)
    return this.#isClosed ? () => {} : this.#once(this.live.gate(gated, gate))
  }

  cap(endpoint: Endpoint, flows: number): void {
    if (!(flows >= 1)) throw new RangeError(`flows must be 1 or more: ${flows}`)
    const capped = own(endpoint)
    if (this.#isClosed) return
    if (flows === Number.POSITIVE_INFINITY) this.#capped.delete(capped)
    else this.#capped.add(capped)
    capped.cap(this, Math.floor(flows))
  }

  vouch(endpoint: Endpoint): void {
    const vouched = own(endpoint)
    if (!this.#isClosed) this.live.vouch(vouched)
  }

  observe(observer: Observer): Cancel {
    if (this.#isClosed) return () => {}
    return this.#once(this.live.observe(observer))
  }

  observeAnswers(listener: AnswerListener): Cancel {
    return this.#isClosed ? () => {} : this.#once(this.live.observeAnswers(listener))
  }

  observeWaits(listener: WaitListener): Cancel {
    if (this.#isClosed) return () => {}
    return this.#once(this.live.observeWaits(listener))
  }

  watch(listener: MembershipListener): Cancel {
    if (this.#isClosed) return () => {}
    this.#listeners.add(listener)
    const end = this.live.watch(listener)
    return this.#once(() => {
      this.#listeners.delete(listener)
      end()
    })
  }

  drain(endpoint: Endpoint, options: DrainOptions = {}): Drain {
    const onRelease = (): void => release()
    const place = { upstream: this, onRelease, ...this.live.surroundings }
    const drain = new EndpointDrain(place, own(endpoint), options)
    const release = this.#once(() => drain.release('its use was dropped'))
    if (this.#isClosed) release()
    return drain
  }

  /** Undoes every hold, weight and subscription of this use; later ones do nothing. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const listener of this.#listeners) this.live.part(listener)
    for (const undo of [...this.#undo]) undo()
    for (const endpoint of this.#weighed) this.live.weigh(endpoint, this, 1)
    for (const endpoint of this.#capped) endpoint.cap(this, Number.POSITIVE_INFINITY)
    this.live.supply(this, [])
    this.live.bits.free([this.#bit, this.#drainBit, this.#softBit])
  }

  #tellHeld({ id }: LiveEndpoint, status: HoldStatus, isExpected: boolean): void {
    const { reason, cause, until } = status
    const told = { upstream: this.name, endpoint: id, reason, cause, ...(until > 0 && { until }) }
    this.live.surroundings.log[isExpected ? 'debug' : 'info'](told, 'an endpoint is held')
  }

  #own(): number {
    this.#bit ||= this.live.bits.take(this.name, false)
    return this.#bit
  }

  #drain(): number {
    this.#drainBit ||= this.live.bits.take(this.name, true)
    return this.#drainBit
  }

  #soft(): number {
    this.#softBit ||= this.live.bits.take(this.name, false)
    return this.#softBit
  }

  #once(undo: Cancel): Cancel {
    const once = (): void => {
      if (this.#undo.delete(once)) undo()
    }
    this.#undo.add(once)
    return once
  }
}

function own(endpoint: Endpoint): LiveEndpoint {
  if (endpoint instanceof LiveEndpoint) return endpoint
  throw new TypeError('the endpoint must be one of an upstream’s')
}
