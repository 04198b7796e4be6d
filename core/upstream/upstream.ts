import type { Cancel, Clock } from '../contracts/clock.ts'
import type { HoldStatus } from '../contracts/endpoint.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Logger } from '../contracts/logger.ts'
import type {
  AnswerListener,
  Gate,
  MembershipListener,
  Observer,
  WaitListener,
} from '../contracts/upstream.ts'
import { Chooser } from './chooser.ts'
import { type DrainPlace, type LastingFlows, NOTHING_LASTS } from './drain.ts'
import { Draw, NO_POINT } from './draw.ts'
import type { EndpointPlace, LiveEndpoint } from './endpoint.ts'
import type { ActiveFlow } from './flow.ts'
import { type KeyReader, keyReader } from './flow-key.ts'
import { HoldBits } from './hold-bits.ts'
import { Membership } from './membership.ts'
import { Observers } from './observers.ts'
import { Reopening } from './reopening.ts'
import { NO_REPORTS } from './reports.ts'
import { NOTHING, type UpstreamSettings } from './settings.ts'
import { sourcesOf } from './sources.ts'
import { Updates } from './updates.ts'
import { UpstreamView } from './view.ts'

/** A named group of endpoints and the strategy that chooses among them. Layer 4 and 7 share it. */
export class LiveUpstream {
  readonly name: string
  readonly view: UpstreamView
  readonly clock: Clock
  readonly #log: Logger
  readonly #members = new Membership((error) => this.#threw(error))
  readonly #chooser = new Chooser(this.#members)
  readonly #observers = new Observers((error) => this.#threw(error))
  /** What lasts on its endpoints; set by whoever has such flows. */
  lasting: LastingFlows = NOTHING_LASTS
  /** What plugins know of it; set by whoever made them. */
  reports = NO_REPORTS
  chain = NOTHING.chain
  host = NOTHING.host
  limits = NOTHING.limits
  failure = NOTHING.failure
  tunnelTimeoutMs = NOTHING.tunnelTimeoutMs
  /** Reads the strategy's key; undefined where it hashes nothing. */
  keyReader: KeyReader | undefined = undefined
  #strategy = NOTHING.strategy
  #settings = NOTHING
  readonly #supplied = new Map<object, readonly EndpointPlace[]>()
  readonly #draw = new Draw()
  readonly #updates: Updates
  readonly #reopening: Reopening
  readonly bits = new HoldBits(this.#chooser)
  /** How many plugin uses bind sessions to its endpoints. */
  binders = 0

  constructor(name: string, clock: Clock, log: Logger) {
    this.name = name
    this.view = new UpstreamView(this)
    this.clock = clock
    this.#log = log
    this.#reopening = new Reopening(clock)
    this.#updates = new Updates(clock, () => this.#update())
  }

  get endpoints(): readonly LiveEndpoint[] {
    return this.#members.endpoints
  }

  /** Takes a config's strategy and endpoints. Endpoints that stay keep their state. */
  configure(settings: UpstreamSettings): void {
    this.chain = settings.chain
    this.host = settings.host
    this.limits = settings.limits
    this.failure = settings.failure
    this.tunnelTimeoutMs = settings.tunnelTimeoutMs
    this.#strategy = settings.strategy
    this.keyReader = keyReader(settings.strategy.key)
    if (this.#settings.supply !== settings.supply) {
      if (this.#settings.supply !== undefined) this.#settings.supply.onChange = undefined
      if (settings.supply !== undefined) settings.supply.onChange = () => this.#reconcile()
    }
    this.#settings = settings
    this.#reconcile()
  }

  /** Chooses an endpoint and counts the flow on it; undefined when none is ready. */
  acquire(flow: ActiveFlow): LiveEndpoint | undefined {
    this.#draw.turnTo(flow.point)
    flow.point = NO_POINT
    const endpoint = this.#chooser.choose(flow, this.#strategy)
    if (endpoint === undefined) return undefined
    endpoint.inflight++
    flow.begin(this, this.#strategy, endpoint)
    try {
      if (endpoint.isGated) endpoint.letIn(flow)
      this.#strategy.start?.(endpoint)
    } catch (error: unknown) {
      this.#threw(error)
    }
    if (!flow.isUploading) this.#observers.awaited(flow, endpoint)
    return endpoint
  }

  /** The attempt under way is whole: from now on silence is the endpoint's. */
  awaits(flow: ActiveFlow): void {
    if (flow.endpoint === undefined) return
    // An answer that came before the end of the upload did not wait for it.
    if (flow.answeredAt === 0) flow.awaitedSince = this.clock.now()
    this.#observers.awaited(flow, flow.endpoint)
  }

  /** The answer of the attempt under way has begun. */
  answered(flow: ActiveFlow): void {
    if (flow.endpoint === undefined) return
    if (flow.isAwaited) this.#observers.settled(flow, flow.endpoint)
    this.#observers.answered(flow, flow.endpoint)
  }

  /** Whether a flow that prefers the endpoint gets it now; `flow` says the same of it later on. */
  accepts(endpoint: LiveEndpoint, flow?: ActiveFlow): boolean {
    if (flow !== undefined && endpoint.isGated) flow.point = this.#draw.turnTo(flow.point)
    return this.#chooser.accepts(endpoint, this.#strategy)
  }

  /** Ends the attempt under way. Counts once, however often it is called. */
  release(flow: ActiveFlow, outcome: Outcome): void {
    const { endpoint, strategy } = flow
    if (endpoint === undefined || strategy === undefined || flow.owner !== this) return
    flow.owner = undefined
    flow.strategy = undefined
    endpoint.inflight--
    if (endpoint.hasLeft) this.#members.vacate(endpoint)
    const latencyMs = (flow.answeredAt || this.clock.now()) - flow.awaitedSince
    // The count is right by now: a plugin that throws costs a log line, nothing else.
    try {
      strategy.settle?.(endpoint, latencyMs, outcome)
    } catch (error: unknown) {
      this.#threw(error)
    }
    this.#observers.settled(flow, endpoint, flow.answeredAt > 0 ? undefined : outcome)
    this.#observers.ended(flow, endpoint, latencyMs, outcome)
  }

  /** Ms until an endpoint may be ready again, as far as the holds say; else 0. */
  get reopensInMs(): number {
    return this.#reopening.inMs(this.endpoints)
  }

  hold(endpoint: LiveEndpoint, bit: number, isFirm: boolean, status: HoldStatus): void {
    this.#reopening.changed()
    endpoint.timeline.held(status)
    const { reason, cause } = status
    if (endpoint.hold(bit, isFirm)) this.#updates.soon()
    this.#members.changed(endpoint, { at: status.since, event: 'held', reason, cause })
  }

  unhold(endpoint: LiveEndpoint, bit: number, status: HoldStatus, cause: string): void {
    this.#reopening.changed()
    const at = this.clock.wall()
    endpoint.timeline.released(status, at, cause)
    const { reason } = status
    const told = { upstream: this.name, endpoint: endpoint.id, reason, cause }
    this.#log.info(told, 'an endpoint is let go')
    if (endpoint.unhold(bit)) this.#updates.soon()
    this.#members.changed(endpoint, { at, event: 'released', reason, cause })
  }

  /** Endpoints beside the config's, in place of those that `owner` gave before. */
  supply(owner: object, places: readonly EndpointPlace[]): void {
    if (places.length === 0 && !this.#supplied.has(owner)) return
    this.#supplied.set(owner, places)
    if (places.length === 0) this.#supplied.delete(owner)
    this.#reconcile()
  }

  weigh(endpoint: LiveEndpoint, owner: object, factor: number): void {
    if (!endpoint.weigh(owner, factor) || endpoint.hasLeft) return
    this.#updates.later()
  }

  /** Puts up a gate, until it is taken away again. */
  gate(endpoint: LiveEndpoint, gate: Gate): Cancel {
    endpoint.gate(gate, this.#draw)
    return () => endpoint.ungate(gate)
  }

  vouch(endpoint: LiveEndpoint): void {
    this.#members.vouched(endpoint)
  }

  observe(observer: Observer): Cancel {
    return this.#observers.observe(observer)
  }

  observeAnswers(listener: AnswerListener): Cancel {
    return this.#observers.observeAnswers(listener)
  }

  observeWaits(listener: WaitListener): Cancel {
    return this.#observers.observeWaits(listener)
  }

  watch(listener: MembershipListener): Cancel {
    return this.#members.watch(listener)
  }

  /** Tells a listener whose use is dropped that everything has left. */
  part(listener: MembershipListener): void {
    this.#members.part(listener)
  }

  /** What a drain of one of its endpoints needs. */
  get surroundings(): Omit<DrainPlace, 'upstream'> {
    const { clock, lasting, binders } = this
    return { clock, log: this.#log, lasting, bindsSessions: binders > 0 }
  }

  /** Everything leaves; connections close as they become idle. */
  dispose(): void {
    this.#supplied.clear()
    this.configure(NOTHING)
  }

  #reconcile(): void {
    const { limits } = this.#settings
    const sources = sourcesOf(this.#settings, this.#supplied.values(), ({ id, url }) => {
      const told = { upstream: this.name, endpoint: id, url }
      this.#log.warn(told, 'an endpoint was passed over: there is one of its id')
    })
    this.#members.reconcile(sources, this.clock.wall())
    this.#reopening.changed()
    for (const endpoint of this.endpoints) endpoint.limit(limits.maxInflight)
    this.#updates.now()
  }

  #update(): void {
    const ready = this.endpoints.filter((endpoint) => endpoint.holds === 0)
    try {
      this.#strategy.update(ready, this.endpoints)
    } catch (error: unknown) {
      this.#threw(error)
    }
  }

  #threw(error: unknown): void {
    this.#log.error({ err: error, upstream: this.name }, 'a strategy or an observer threw')
  }
}
