import type { Cancel } from '../contracts/clock.ts'
import type { EndpointClient } from '../contracts/transport.ts'
import type { MembershipListener } from '../contracts/upstream.ts'
import { LiveEndpoint, type ReachablePlace } from './endpoint.ts'

/** An endpoint that the config asks for. */
export interface EndpointSource extends ReachablePlace {
  /** Equal for endpoints whose connections are made the same way. */
  readonly connection: string
  /** Opens its connections; called only if it is new. */
  open(): EndpointClient
}

/** Which endpoints there are, and their small integers. */
export class Membership {
  endpoints: readonly LiveEndpoint[] = []
  readonly #connections = new WeakMap<LiveEndpoint, string>()
  readonly #listeners = new Set<MembershipListener>()
  readonly #freeIndexes: number[] = []
  readonly #threw: (error: unknown) => void
  #present: ReadonlySet<LiveEndpoint> = new Set()
  #nextIndex = 0

  constructor(threw: (error: unknown) => void) {
    this.#threw = threw
  }

  /**
   * Makes the endpoints those of `sources`: the same id, URL, place and connection stay. `at` is the
   * time of day, in ms since the Unix epoch.
   */
  reconcile(sources: readonly EndpointSource[], at = 0): void {
    const before = new Map(this.endpoints.map((endpoint) => [endpoint.id, endpoint]))
    const joined: LiveEndpoint[] = []
    this.endpoints = sources.map((source) => {
      const known = before.get(source.id)
      if (known !== undefined && this.#isSame(known, source)) {
        known.configure(source.weight)
        before.delete(source.id)
        return known
      }
      const endpoint = this.#create(source)
      joined.push(endpoint)
      return endpoint
    })
    this.#present = new Set(this.endpoints)
    for (const endpoint of before.values()) {
      endpoint.timeline.note(at, 'left')
      this.#leave(endpoint)
    }
    for (const endpoint of joined) {
      endpoint.timeline.note(at, 'joined')
      this.#tell((listener) => listener.joined?.(endpoint))
    }
  }

  has(endpoint: LiveEndpoint): boolean {
    return this.#present.has(endpoint)
  }

  watch(listener: MembershipListener): Cancel {
    this.#listeners.add(listener)
    for (const endpoint of this.endpoints) listener.joined?.(endpoint)
    return () => this.#listeners.delete(listener)
  }

  /** Tells a listener that goes itself that everything has left. */
  part(listener: MembershipListener): void {
    for (const endpoint of this.endpoints) this.#tellOne(listener, (one) => one.left?.(endpoint))
  }

  /** Gives the index of an endpoint that has left to the next, once nothing counts on it. */
  vacate(endpoint: LiveEndpoint): void {
    if (endpoint.inflight === 0) this.#freeIndexes.push(endpoint.index)
  }

  #leave(endpoint: LiveEndpoint): void {
    endpoint.leave()
    endpoint.client.close()
    this.vacate(endpoint)
    this.#tell((listener) => listener.left?.(endpoint))
  }

  /** A listener that throws keeps neither the others nor the config from what comes next. */
  #tell(news: (listener: MembershipListener) => void): void {
    for (const listener of this.#listeners) this.#tellOne(listener, news)
  }

  #tellOne(listener: MembershipListener, news: (listener: MembershipListener) => void): void {
    try {
      news(listener)
    } catch (error: unknown) {
      this.#threw(error)
    }
  }

  #create(source: EndpointSource): LiveEndpoint {
    const index = this.#freeIndexes.pop() ?? this.#nextIndex++
    const endpoint = new LiveEndpoint(source, index, source.open())
    this.#connections.set(endpoint, source.connection)
    return endpoint
  }

  #isSame(endpoint: LiveEndpoint, source: EndpointSource): boolean {
    return (
      endpoint.url === source.url &&
      endpoint.priority === source.priority &&
      endpoint.zone === source.zone &&
      this.#connections.get(endpoint) === source.connection
    )
  }
}
