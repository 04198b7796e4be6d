import type { Rng } from '../contracts/clock.ts'
import type { TransportFailure } from '../contracts/transport.ts'
import type { Distribution } from './distributions.ts'
import type { Due } from './event-queue.ts'
import type { ResolvedFault } from './faults.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { WaitLine } from './wait-line.ts'
import { ALWAYS_WARM, Warmth, type WarmthTraits } from './warmth.ts'

/** Who waits for the end of a call. */
export interface Caller {
  /** A head came. `retryAfterMs` is -1 where it asks for no wait. */
  answered(status: number, retryAfterMs: number): void
  failed(failure: Pick<TransportFailure, 'outcome' | 'sent'>): void
}

/** How an endpoint works while nothing is wrong with it. */
export interface EndpointTraits {
  readonly id: string
  readonly service: Distribution
  /** How many calls it works on at once; the others wait. */
  readonly servers: number
  /** How many may wait. */
  readonly queue: number
  /** Whether it stops working for callers that have gone. */
  readonly stopsForGone: boolean
  /** Always warm by default. */
  readonly warmth?: WarmthTraits
  /** Whether all calls read and write one row, and those that were overtaken get 409. */
  readonly isContended?: boolean
}

const REFUSED = { outcome: 'connect-failed', sent: 'nothing' } as const
const FULL_STATUS = 503
const CONFLICT_STATUS = 409

/** What became of a call, or is about to become of it. */
type Stage = 'waiting' | 'served' | 'refused' | 'failed' | 'hanging'

/** One request at one endpoint. It outlives its caller's patience, as work in a real one does. */
export class Call implements Due {
  place = -1
  readonly endpoint: ModelledEndpoint
  /** Undefined once the caller has gone. */
  caller: Caller | undefined
  stage: Stage = 'waiting'
  status = 200
  retryAfterMs = -1
  /** Whose it is, or what it is about; -1 for nobody's. */
  readonly key: number
  /** Since when it waits, or is served. */
  begunAt = 0
  /** Its neighbours in the queue. */
  before: Call | undefined = undefined
  behind: Call | undefined = undefined

  constructor(endpoint: ModelledEndpoint, caller: Caller, key: number) {
    this.endpoint = endpoint
    this.caller = caller
    this.key = key
  }

  due(): void {
    const { caller, stage } = this
    if (stage === 'served') this.endpoint.finish(this)
    if (stage === 'refused') caller?.failed(REFUSED)
    else caller?.answered(this.status, this.retryAfterMs)
  }

  /** The caller goes without an answer. */
  abandon(): void {
    this.caller = undefined
    this.endpoint.abandoned(this)
  }
}

/** An endpoint that is a queue, some servers, and what is wrong with them at present. */
export class ModelledEndpoint {
  /** Its place in the scenario. */
  readonly index: number
  readonly traits: EndpointTraits
  readonly #clock: VirtualClock
  readonly #rng: Rng
  #servers: number
  #service: Distribution
  #factor = 1
  /** Those that end calls. */
  #faults: readonly ResolvedFault[] = []
  #busy = 0
  readonly #line = new WaitLine()
  #busyMs = 0
  #changedAt = 0
  readonly #warmth: Warmth
  #isAway = false
  #wroteAt = Number.NEGATIVE_INFINITY

  constructor(index: number, traits: EndpointTraits, clock: VirtualClock, rng: Rng) {
    this.index = index
    this.traits = traits
    this.#clock = clock
    this.#rng = rng
    this.#servers = traits.servers
    this.#service = traits.service
    this.#warmth = new Warmth(traits.warmth ?? ALWAYS_WARM)
  }

  /** How many servers work at present. */
  get busy(): number {
    return this.#busy
  }

  get waiting(): number {
    return this.#line.size
  }

  /** How long the first that waits for a server has waited, in ms. */
  get waitMs(): number {
    const { first } = this.#line
    return first === undefined ? 0 : this.#clock.now() - first.begunAt
  }

  /** The faults in force that end calls, or leave it without a server. */
  get isFailing(): boolean {
    return this.#faults.length > 0 || this.#servers === 0
  }

  /** How long its servers have worked, together, in ms. */
  get busyMs(): number {
    return this.#busyMs + this.#busy * (this.#clock.now() - this.#changedAt)
  }

  /** Puts faults in force, in place of those before. */
  suffer(faults: readonly ResolvedFault[]): void {
    this.#servers = this.traits.servers
    this.#service = this.traits.service
    this.#factor = 1
    this.#faults = faults.filter(({ kind }) => kind !== 'capacity' && kind !== 'slow')
    for (const fault of faults) {
      if (fault.kind === 'capacity') this.#servers = fault.servers
      this.#factor *= fault.factor
      this.#service = fault.service ?? this.#service
    }
    this.#comeOrGo()
    while (this.#beginNext()) {}
  }

  /** Takes a call. Its end is never told before this returns. */
  take(caller: Caller, connectTimeoutMs: number, key = -1): Call {
    const call = new Call(this, caller, key)
    const fault = this.#faults.length === 0 ? undefined : this.#befallen()
    if (fault !== undefined) this.#spoil(call, fault, connectTimeoutMs)
    else if (this.#busy < this.#servers) this.#begin(call)
    else if (this.#line.size < this.traits.queue) this.#wait(call)
    else {
      call.stage = 'failed'
      call.status = FULL_STATUS
      this.#clock.schedule(call, 0)
    }
    return call
  }

  /** A server is done with a call, and free. */
  finish(call: Call): void {
    this.#work(-1)
    if (this.traits.isContended) this.#write(call)
    this.#beginNext()
  }

  abandoned(call: Call): void {
    if (call.stage === 'waiting' && this.traits.stopsForGone) this.#line.leave(call)
    if (call.stage === 'served' && !this.traits.stopsForGone) return
    if (call.place < 0) return
    this.#clock.cancel(call)
    if (call.stage === 'served') this.finish(call)
  }

  /** The fault that a call meets: each takes its share of what those before it let pass. */
  #befallen(): ResolvedFault | undefined {
    for (const fault of this.#faults) {
      if (fault.share >= 1 || this.#rng.unit() < fault.share) return fault
    }
    return undefined
  }

  #spoil(call: Call, fault: ResolvedFault, connectTimeoutMs: number): void {
    // Without a limit for connections, one that is not accepted is waited for, for ever.
    if (fault.kind === 'hang' || (fault.kind === 'drop' && connectTimeoutMs === 0)) {
      call.stage = 'hanging'
      return
    }
    call.stage = fault.kind === 'fail' ? 'failed' : 'refused'
    call.status = fault.status
    call.retryAfterMs = fault.retryAfterMs
    this.#clock.schedule(call, fault.kind === 'drop' ? connectTimeoutMs : fault.afterMs)
  }

  #wait(call: Call): void {
    call.begunAt = this.#clock.now()
    this.#line.join(call)
  }

  /** Takes the first that waits, if a server is free for it. */
  #beginNext(): boolean {
    const call = this.#line.first
    if (call === undefined || this.#busy >= this.#servers) return false
    this.#line.leave(call)
    this.#begin(call)
    return true
  }

  #begin(call: Call): void {
    this.#work(1)
    call.stage = 'served'
    call.begunAt = this.#clock.now()
    const warm = this.#warmth.factor(call.key, call.begunAt)
    this.#clock.schedule(call, this.#service.sample(this.#rng) * this.#factor * warm)
  }

  /** Optimistic concurrency: what it read as it began must be what is there as it ends. */
  #write(call: Call): void {
    if (this.#wroteAt > call.begunAt) call.status = CONFLICT_STATUS
    else this.#wroteAt = this.#clock.now()
  }

  /** Nobody gets through to one that is away; it comes back as newly started. */
  #comeOrGo(): void {
    const wasAway = this.#isAway
    this.#isAway = this.#faults.some(({ kind, share }) => {
      return (kind === 'refuse' || kind === 'drop') && share >= 1
    })
    if (wasAway && !this.#isAway) this.#warmth.restart(this.#clock.now())
  }

  #work(change: number): void {
    const now = this.#clock.now()
    this.#busyMs += this.#busy * (now - this.#changedAt)
    this.#changedAt = now
    this.#busy += change
  }
}
