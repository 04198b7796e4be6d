import type { Clock, Endpoint, Rng, Upstream } from '#core'
import { AdaptiveLimit } from './adaptive-limit.ts'
import type { Gate } from './gate.ts'
import type { LimitOptions } from './options.ts'
import { show } from './samples.ts'

// Below this share of ready endpoints the standard selector lets doubtful ones in as well.
const PANIC = 0.5

/**
 * A limit for each endpoint of an upstream. Core skips an endpoint that is full; the gate in front has
 * as many places as the endpoints that may be taken have together, so that those who find all of them
 * full wait there. With no endpoint at all it is open: core says so at once.
 */
export class EndpointLimits {
  readonly #upstream: Upstream
  readonly #options: LimitOptions
  readonly #gate: Gate
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #adaptive: (AdaptiveLimit | undefined)[] = []

  constructor(upstream: Upstream, options: LimitOptions, gate: Gate, clock: Clock, rng: Rng) {
    this.#upstream = upstream
    this.#options = options
    this.#gate = gate
    this.#clock = clock
    this.#rng = rng
    upstream.watch({
      joined: (endpoint) => this.#joined(endpoint),
      left: (endpoint) => this.#left(endpoint),
      changed: () => this.#resize(),
    })
    if (!options.adaptive) return
    upstream.observe((endpoint, _latencyMs, outcome, flow) => {
      const limit = this.#adaptive[endpoint.index]
      if (limit === undefined) return
      const before = limit.limit
      show(limit, flow, outcome, endpoint.inflight + 1, this.#clock.now())
      if (limit.limit !== before) this.#cap(endpoint)
    })
  }

  /** What each endpoint may have, by its id. */
  get limits(): Record<string, number> {
    const entries = this.#upstream.endpoints.map((endpoint) => [endpoint.id, this.#most(endpoint)])
    return Object.fromEntries(entries)
  }

  #joined(endpoint: Endpoint): void {
    if (this.#options.adaptive) {
      const rng = this.#rng.fork(endpoint.id)
      const { gradient, max } = this.#options
      const draw = (): number => rng.unit()
      const limit = new AdaptiveLimit({ ...gradient, max }, draw, this.#clock.now())
      this.#adaptive[endpoint.index] = limit
    }
    this.#cap(endpoint)
  }

  #left(endpoint: Endpoint): void {
    this.#adaptive[endpoint.index] = undefined
    this.#upstream.cap(endpoint, Number.POSITIVE_INFINITY)
    this.#resize()
  }

  #cap(endpoint: Endpoint): void {
    this.#upstream.cap(endpoint, this.#most(endpoint))
    this.#resize()
  }

  #most({ index }: Endpoint): number {
    return this.#adaptive[index]?.limit ?? this.#options.max
  }

  #resize(): void {
    const { endpoints } = this.#upstream
    let ready = 0
    let readyPlaces = 0
    let doubtfulPlaces = 0
    for (const endpoint of endpoints) {
      const most = this.#most(endpoint)
      if (endpoint.firmHolds === 0) doubtfulPlaces += most
      if (endpoint.holds > 0) continue
      ready++
      readyPlaces += most
    }
    const places = ready < endpoints.length * PANIC ? doubtfulPlaces : readyPlaces
    if (places === 0) this.#gate.open()
    else this.#gate.resize(places)
  }
}
