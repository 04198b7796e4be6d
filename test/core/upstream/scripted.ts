import { Chain } from '../../../core/chain.ts'
import type { Endpoint } from '../../../core/contracts/endpoint.ts'
import type { Flow, Outcome } from '../../../core/contracts/flow.ts'
import type { Logger } from '../../../core/contracts/logger.ts'
import type { Strategy } from '../../../core/contracts/strategy.ts'
import { plainTarget } from '../../../core/simulate/plain-target.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import type { LiveEndpoint } from '../../../core/upstream/endpoint.ts'
import { ActiveFlow } from '../../../core/upstream/flow.ts'
import type { EndpointSource } from '../../../core/upstream/membership.ts'
import type { Supply } from '../../../core/upstream/supply.ts'
import { LiveUpstream } from '../../../core/upstream/upstream.ts'
import { UpstreamView } from '../../../core/upstream/view.ts'

/** A strategy that picks what a test says, the first ready endpoint unless told, and keeps a diary. */
export class ScriptedStrategy implements Strategy {
  readonly updates: string[][] = []
  readonly started: Endpoint[] = []
  readonly settled: [Endpoint, number, Outcome][] = []
  /** Picked in turn, before anything else; undefined stands for no pick. */
  readonly script: (Endpoint | undefined)[] = []
  picks = 0
  #ready: readonly Endpoint[] = []

  update(ready: readonly Endpoint[]): void {
    this.#ready = ready
    this.updates.push(ready.map(({ id }) => id))
  }

  pick(_flow: Flow): Endpoint | undefined {
    this.picks++
    return this.script.length > 0 ? this.script.shift() : this.#ready[0]
  }

  start(endpoint: Endpoint): void {
    this.started.push(endpoint)
  }

  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void {
    this.settled.push([endpoint, latencyMs, outcome])
  }
}

/** An upstream on a virtual clock, with what a test wants to look at. */
export class Bench {
  readonly clock = new VirtualClock()
  readonly errors: unknown[] = []
  readonly closed: string[] = []
  readonly upstream: LiveUpstream
  strategy = new ScriptedStrategy()
  maxInflight = 0
  supply: Supply | undefined = undefined

  constructor(...sources: readonly (string | Partial<EndpointSource>)[]) {
    // A start of 0 would look like "no answer yet" to a flow.
    this.clock.advance(1)
    this.upstream = new LiveUpstream('users', this.clock, this.#logger())
    this.configure(...sources)
  }

  /** Makes these the upstream's endpoints, under the strategy of `this.strategy`. */
  configure(...sources: readonly (string | Partial<EndpointSource>)[]): void {
    this.upstream.configure({
      strategy: this.strategy,
      endpoints: sources.map((source) => this.#source(source)),
      sourceOf: (place) => this.#source(place),
      supply: this.supply,
      chain: new Chain([]),
      host: 'preserve',
      limits: { requestTimeoutMs: 0, deadlineHeader: '', maxInflight: this.maxInflight },
      failure: undefined,
      tunnelTimeoutMs: 0,
    })
  }

  get endpoints(): readonly LiveEndpoint[] {
    return this.upstream.endpoints
  }

  /** The endpoint of this id, which must be there. */
  endpoint(id: string): LiveEndpoint {
    const found = this.endpoints.find((endpoint) => endpoint.id === id)
    if (found === undefined) throw new Error(`no endpoint ${id}`)
    return found
  }

  /** A view, as one plugin use gets it. */
  view(): UpstreamView {
    return new UpstreamView(this.upstream)
  }

  flow(): ActiveFlow {
    return new ActiveFlow(this.upstream)
  }

  /** A flow that was sent to the endpoint that the strategy picked. */
  started(): ActiveFlow {
    const flow = this.flow()
    if (this.upstream.acquire(flow) === undefined) throw new Error('no endpoint was ready')
    return flow
  }

  /** The id of the endpoint that a flow of its own gets, released at once; undefined for none. */
  pick(prepare: (flow: ActiveFlow) => void = () => {}): string | undefined {
    const flow = this.flow()
    prepare(flow)
    const id = this.upstream.acquire(flow)?.id
    this.upstream.release(flow, 'ok')
    return id
  }

  #source(source: string | Partial<EndpointSource>): EndpointSource {
    const given = typeof source === 'string' ? { id: source } : source
    const id = given.id ?? 'a'
    return {
      id,
      url: `http://${id}.test`,
      target: plainTarget(`http://${id}.test`),
      weight: 1,
      priority: 0,
      zone: '',
      connection: 'plain',
      open: () => ({
        send: () => ({ abort() {}, recycle() {}, resume() {} }),
        close: () => this.closed.push(id),
        destroy() {},
      }),
      ...given,
    }
  }

  #logger(): Logger {
    const ignore = (): void => {}
    const keep = (fields: object | string): void => {
      this.errors.push(typeof fields === 'string' || !('err' in fields) ? fields : fields.err)
    }
    return { debug: ignore, info: ignore, warn: ignore, error: keep }
  }
}
