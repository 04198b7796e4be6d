import type { Endpoint, Flow, Json, Outcome, Upstream } from '#core'
import type { Surroundings } from './breaker.ts'
import { Guard } from './guard.ts'
import { enrol, strike } from './roll.ts'

/** The breakers of one upstream: one for each endpoint, or one for all. */
export class Guards {
  readonly #upstream: Upstream
  readonly #surroundings: Surroundings
  readonly #isShared: boolean
  /** By the endpoint's index. */
  readonly #guards: (Guard | undefined)[] = []
  #shared: Guard | undefined = undefined

  constructor(upstream: Upstream, surroundings: Surroundings, isShared: boolean) {
    this.#upstream = upstream
    this.#surroundings = surroundings
    this.#isShared = isShared
    upstream.watch({
      joined: (endpoint) => this.#joined(endpoint),
      left: (endpoint) => this.#left(endpoint),
    })
    upstream.observeAnswers((endpoint, flow) => this.#of(endpoint)?.answered(flow))
    upstream.observe((endpoint, latencyMs, outcome, flow) => {
      this.#ended(endpoint, latencyMs, outcome, flow)
    })
  }

  #ended(endpoint: Endpoint, latencyMs: number, outcome: Outcome, flow: Readonly<Flow>): void {
    this.#of(endpoint)?.ended(flow, outcome, latencyMs)
  }

  #of({ index }: Endpoint): Guard | undefined {
    return this.#guards[index]
  }

  #joined(endpoint: Endpoint): void {
    const guard = this.#isShared ? this.#sharedGuard() : this.#make(endpoint.id)
    this.#guards[endpoint.index] = guard
    guard.add(endpoint)
    enrol(endpoint, guard.breaker.circuit)
  }

  #left(endpoint: Endpoint): void {
    const guard = this.#of(endpoint)
    if (guard === undefined) return
    this.#guards[endpoint.index] = undefined
    guard.remove(endpoint)
    strike(endpoint, guard.breaker.circuit)
    // What is open for an upstream stays so while some of its endpoints change.
    if (!guard.isEmpty) return
    guard.dispose()
    this.#shared = undefined
  }

  #sharedGuard(): Guard {
    this.#shared ??= new Guard(this.#upstream, this.#upstream.name, this.#surroundings)
    return this.#shared
  }

  #make(id: string): Guard {
    return new Guard(this.#upstream, `${this.#upstream.name}/${id}`, this.#surroundings)
  }

  /** Each breaker's, by the endpoint's id; of one for all, that one's. */
  get status(): Json {
    if (this.#isShared) return this.#sharedGuard().breaker.status
    const told: Record<string, Json> = {}
    for (const endpoint of this.#upstream.endpoints) {
      const guard = this.#of(endpoint)
      if (guard !== undefined) told[endpoint.id] = guard.breaker.status
    }
    return told
  }
}
