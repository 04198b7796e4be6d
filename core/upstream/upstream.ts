import { Chain } from '../chain.ts'
import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Logger } from '../contracts/logger.ts'
import type { MembershipListener, Observer } from '../contracts/upstream.ts'
import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import { HOLD_BITS, type LiveEndpoint, UNLIMITED } from './endpoint.ts'
import type { ActiveFlow } from './flow.ts'
import { type KeyReader, keyReader } from './flow-key.ts'
import { type EndpointSource, Membership } from './membership.ts'
import type { Balancer } from './selection.ts'
import { UpstreamView } from './view.ts'

// A held pick is drawn again this often before the first ready endpoint is taken in its place.
const REDRAWS = 3
// Warm-up moves weights all the time; rebuilding a strategy's tables for each step would not pay.
const WEIGH_INTERVAL_MS = 1_000

/** What a config says of an upstream, made ready. */
export interface UpstreamSettings {
  readonly strategy: Balancer
  readonly endpoints: readonly EndpointSource[]
  /** The upstream's part of every chain. */
  readonly chain: Chain
  /** The Host header: `preserve`, `upstream` or a text. */
  readonly host: string
  readonly limits: UpstreamLimits
  /** Decides in place of the status table what an answer says about its endpoint. */
  readonly failure: UpstreamConfig['failure']
  /** How long a tunnel may be silent both ways, in ms; 0 for ever. */
  readonly tunnelTimeoutMs: number
}

/** How far one exchange may go on an upstream. */
export interface UpstreamLimits {
  /** For the whole exchange, in ms; 0 for no limit. */
  readonly requestTimeoutMs: number
  /** The header in which clients say, and endpoints are told, how many ms are left; or empty. */
  readonly deadlineHeader: string
  /** So many flows may be on one endpoint at once; 0 for no limit. */
  readonly maxInflight: number
}

const NOTHING: UpstreamSettings = {
  strategy: { update() {}, pick: () => undefined },
  endpoints: [],
  chain: new Chain([]),
  host: 'preserve',
  limits: { requestTimeoutMs: 0, deadlineHeader: '', maxInflight: 0 },
  failure: undefined,
  tunnelTimeoutMs: 0,
}

/** A named group of endpoints and the strategy that chooses among them. Layer 4 and 7 share it. */
export class LiveUpstream {
  readonly name: string
  readonly view: UpstreamView
  readonly #clock: Clock
  readonly #log: Logger
  readonly #members = new Membership((error) => this.#threw(error))
  readonly #observers = new Set<Observer>()
  chain = NOTHING.chain
  host = NOTHING.host
  limits = NOTHING.limits
  failure = NOTHING.failure
  tunnelTimeoutMs = NOTHING.tunnelTimeoutMs
  /** Reads the strategy's key; undefined where it hashes nothing. */
  keyReader: KeyReader | undefined = undefined
  #strategy = NOTHING.strategy
  #scans = 0
  #updateAt = Number.POSITIVE_INFINITY
  #weighedAt = Number.NEGATIVE_INFINITY
  #takenBits = 1
  #drainBits = 0

  constructor(name: string, clock: Clock, log: Logger) {
    this.name = name
    this.view = new UpstreamView(this)
    this.#clock = clock
    this.#log = log
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
    this.#members.reconcile(settings.endpoints)
    const maxInflight = settings.limits.maxInflight || UNLIMITED
    for (const endpoint of this.endpoints) endpoint.maxInflight = maxInflight
    this.#update()
  }

  /** Chooses an endpoint and counts the flow on it; undefined when none is ready. */
  acquire(flow: ActiveFlow): LiveEndpoint | undefined {
    const endpoint = this.#choose(flow)
    if (endpoint === undefined) return undefined
    endpoint.inflight++
    flow.attempt++
    flow.endpoint = endpoint
    flow.owner = this
    flow.strategy = this.#strategy
    flow.startedAt = this.#clock.now()
    flow.answeredAt = 0
    try {
      this.#strategy.start?.(endpoint)
    } catch (error: unknown) {
      this.#threw(error)
    }
    return endpoint
  }

  /** Ends the attempt under way. Counts once, however often it is called. */
  release(flow: ActiveFlow, outcome: Outcome): void {
    const { endpoint, strategy } = flow
    if (endpoint === undefined || strategy === undefined || flow.owner !== this) return
    flow.owner = undefined
    flow.strategy = undefined
    endpoint.inflight--
    if (endpoint.hasLeft) this.#members.vacate(endpoint)
    const latencyMs = (flow.answeredAt || this.#clock.now()) - flow.startedAt
    // The count is right by now: a plugin that throws costs a log line, nothing else.
    try {
      strategy.settle?.(endpoint, latencyMs, outcome)
    } catch (error: unknown) {
      this.#threw(error)
    }
    for (const observer of this.#observers) {
      try {
        observer(endpoint, latencyMs, outcome)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  hold(endpoint: LiveEndpoint, bit: number, isFirm: boolean): void {
    if (endpoint.hold(bit, isFirm)) this.#schedule(0)
  }

  unhold(endpoint: LiveEndpoint, bit: number): void {
    if (endpoint.unhold(bit)) this.#schedule(0)
  }

  weigh(endpoint: LiveEndpoint, owner: object, factor: number): void {
    if (!endpoint.weigh(owner, factor) || endpoint.hasLeft) return
    this.#schedule(Math.max(0, this.#weighedAt + WEIGH_INTERVAL_MS - this.#clock.now()))
  }

  observe(observer: Observer): Cancel {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  watch(listener: MembershipListener): Cancel {
    return this.#members.watch(listener)
  }

  /** A bit for one use's holds. @throws RangeError when all are taken */
  takeBit(drain: boolean): number {
    for (let bit = 1; bit <= HOLD_BITS; bit++) {
      if ((this.#takenBits & (1 << bit)) !== 0) continue
      this.#takenBits |= 1 << bit
      if (drain) this.#drainBits |= 1 << bit
      return bit
    }
    throw new RangeError(`upstream ${this.name}: more than ${HOLD_BITS} plugin uses hold endpoints`)
  }

  freeBits(...bits: readonly number[]): void {
    for (const bit of bits) {
      if (bit === 0) continue
      this.#takenBits &= ~(1 << bit)
      this.#drainBits &= ~(1 << bit)
    }
  }

  /** Everything leaves; connections close as they become idle. */
  dispose(): void {
    this.configure(NOTHING)
  }

  #choose(flow: ActiveFlow): LiveEndpoint | undefined {
    const { prefer, avoid } = flow
    if (prefer !== undefined && this.#isPreferable(prefer) && !avoid?.has(prefer)) return prefer
    for (let draw = 0; draw <= REDRAWS; draw++) {
      const picked = this.#strategy.pick(flow) as LiveEndpoint | undefined
      if (picked === undefined) return undefined
      if (this.#isUsable(picked) && !avoid?.has(picked)) return picked
    }
    // From another place each time: the first of the list would get all that comes here.
    const { endpoints } = this
    const from = this.#scans++ % endpoints.length
    for (let step = 0; step < endpoints.length; step++) {
      const endpoint = endpoints[(from + step) % endpoints.length] as LiveEndpoint
      if (this.#isUsable(endpoint) && !avoid?.has(endpoint)) return endpoint
    }
    return undefined
  }

  #isUsable(endpoint: LiveEndpoint): boolean {
    if (endpoint.isFull) return false
    if (endpoint.holds === 0) return true
    return endpoint.firmHolds === 0 && this.#strategy.letsIn?.(endpoint) === true
  }

  #isPreferable(endpoint: LiveEndpoint): boolean {
    if (!this.#members.has(endpoint)) return false
    if (this.#isUsable(endpoint)) return true
    return (endpoint.holds & ~this.#drainBits) === 0 && !endpoint.isFull
  }

  // Coalesced: many changes in one turn make one update, in a turn of its own.
  #schedule(delayMs: number): void {
    const at = this.#clock.now() + delayMs
    if (this.#updateAt <= at) return
    this.#updateAt = at
    this.#clock.after(delayMs, () => {
      if (this.#updateAt === at) this.#update()
    })
  }

  #update(): void {
    this.#updateAt = Number.POSITIVE_INFINITY
    this.#weighedAt = this.#clock.now()
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
