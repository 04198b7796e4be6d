import type { EndpointSet } from '../contracts/endpoint.ts'
import type { Context, ContextKey, Flow, Outcome } from '../contracts/flow.ts'
import type { Upstream } from '../contracts/upstream.ts'
import { NO_POINT } from './draw.ts'
import type { LiveEndpoint } from './endpoint.ts'
import type { Balancer } from './selection.ts'
import type { LiveUpstream } from './upstream.ts'
import { liveOf } from './view.ts'

/** The one flow there is, for every lane. It is its own context: one allocation, not two. */
export class ActiveFlow implements Flow, Context {
  /** Where `acquire` looks; set through `upstream`. */
  live: LiveUpstream
  key = -1
  prefer: LiveEndpoint | undefined = undefined
  avoid: EndpointSet | undefined = undefined
  attempt = 0
  endpoint: LiveEndpoint | undefined = undefined
  startedAt = 0
  /** Since when the attempt under way is the endpoint's to answer: what its latency counts from. */
  awaitedSince = 0
  answeredAt = 0
  status = 0
  verdict: Outcome | undefined = undefined
  /** The upstream and strategy that the attempt under way counts on; undefined when there is none. */
  owner: LiveUpstream | undefined = undefined
  strategy: Balancer | undefined = undefined
  /** What its upstream's gates judge it by, where that was asked before an endpoint is chosen. */
  point = NO_POINT
  /** Whether the client has still to send some of it: until then silence is not the endpoint's. */
  isUploading = false
  /** Whether the upstream's listeners were told that it waits for an answer. */
  isAwaited = false
  // Most flows have one or two values: they need no map.
  #key1: ContextKey<unknown> | undefined = undefined
  #value1: unknown = undefined
  #key2: ContextKey<unknown> | undefined = undefined
  #value2: unknown = undefined
  #values: Map<ContextKey<unknown>, unknown> | undefined = undefined

  constructor(live: LiveUpstream) {
    this.live = live
  }

  get upstream(): Upstream {
    return this.live.view
  }

  set upstream(upstream: Upstream) {
    this.live = liveOf(upstream)
  }

  /** Another attempt begins; `owner` counts it on `strategy`. */
  begin(owner: LiveUpstream, strategy: Balancer, endpoint: LiveEndpoint): void {
    this.attempt++
    this.endpoint = endpoint
    this.owner = owner
    this.strategy = strategy
    this.startedAt = owner.clock.now()
    this.awaitedSince = this.startedAt
    this.answeredAt = 0
    this.status = 0
    this.verdict = undefined
  }

  /** The head of the answer came, at a time of the monotonic clock, and says this. */
  answered(at: number, verdict: Outcome, status: number): void {
    this.answeredAt = at
    this.verdict = verdict
    this.status = status
    this.owner?.answered(this)
  }

  /** The client has sent all of it. */
  uploaded(): void {
    this.isUploading = false
    this.owner?.awaits(this)
  }

  get context(): Context {
    return this
  }

  get<T>(key: ContextKey<T>): T | undefined {
    if (key === this.#key1) return this.#value1 as T
    if (key === this.#key2) return this.#value2 as T
    return this.#values?.get(key) as T | undefined
  }

  set<T>(key: ContextKey<T>, value: T): void {
    if (key === this.#key1 || this.#key1 === undefined) {
      this.#key1 = key
      this.#value1 = value
    } else if (key === this.#key2 || this.#key2 === undefined) {
      this.#key2 = key
      this.#value2 = value
    } else {
      this.#values ??= new Map()
      this.#values.set(key, value)
    }
  }
}
