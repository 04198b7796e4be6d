import type { Clock, Endpoint, EndpointChange, Upstream } from '#core'

// Strategies see weights no more often than that.
const STEP_MS = 1_000
// Endpoints that come back together are asked about once.
const WARM_FOR_MS = 100
// After these an endpoint is cold: it was away, or was emptied, mostly in order to be replaced.
const COLD_AFTER: ReadonlySet<string> = new Set(['health', 'unreachable', 'ejection', 'drained'])

interface Rules {
  readonly window: number
  readonly aggression: number
  readonly floor: number
}

/** The endpoints of one upstream that warm up. One timer for all of them, while there are any. */
export class SlowStart {
  readonly #upstream: Upstream
  readonly #rules: Rules
  readonly #clock: Clock
  /** Since when each endpoint that is ready has been so, in ms. */
  readonly #readySince = new Map<Endpoint, number>()
  /** Those that were held by a reason after which they warm up. */
  readonly #cold = new Set<Endpoint>()
  readonly #warming = new Set<Endpoint>()
  #isStepping = false
  #wasWarm = false
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(upstream: Upstream, rules: Rules, clock: Clock) {
    this.#upstream = upstream
    this.#rules = rules
    this.#clock = clock
    let isNew = false
    upstream.watch({
      joined: (endpoint) => {
        // Those that were there before are as warm as they will be: they have had their flows.
        if (isNew) this.#cold.add(endpoint)
        if (endpoint.holds === 0) this.#ready(endpoint)
      },
      left: (endpoint) => this.#forget(endpoint),
      changed: (endpoint, change) => this.#changed(endpoint, change),
    })
    isNew = true
  }

  #changed(endpoint: Endpoint, { event, reason }: EndpointChange): void {
    if (event === 'held') {
      if (COLD_AFTER.has(reason)) this.#cold.add(endpoint)
      this.#readySince.delete(endpoint)
      return
    }
    if (endpoint.holds === 0 && !this.#readySince.has(endpoint)) this.#ready(endpoint)
  }

  #ready(endpoint: Endpoint): void {
    const now = this.#clock.now()
    this.#readySince.set(endpoint, now)
    if (!this.#cold.delete(endpoint)) return
    if (!this.#isAnyWarm(now)) {
      this.#warmed(endpoint)
      return
    }
    this.#warming.add(endpoint)
    this.#weigh(endpoint, now)
    this.#stepLater()
  }

  /** Whether somebody else has served for a whole window and can carry what this one cannot yet. */
  #isAnyWarm(now: number): boolean {
    if (now - this.#askedAt < WARM_FOR_MS) return this.#wasWarm
    this.#askedAt = now
    this.#wasWarm = false
    for (const [endpoint, since] of this.#readySince) {
      if (this.#warming.has(endpoint) || now - since < this.#rules.window) continue
      this.#wasWarm = true
      break
    }
    return this.#wasWarm
  }

  #stepLater(): void {
    if (this.#isStepping) return
    this.#isStepping = true
    this.#clock.after(STEP_MS, () => this.#step())
  }

  #step(): void {
    this.#isStepping = false
    const now = this.#clock.now()
    for (const endpoint of this.#warming) this.#weigh(endpoint, now)
    if (this.#warming.size > 0) this.#stepLater()
  }

  #weigh(endpoint: Endpoint, now: number): void {
    // One that is held again begins anew when it comes back.
    const since = this.#readySince.get(endpoint) ?? now
    if (now - since >= this.#rules.window) this.#warmed(endpoint)
    else this.#upstream.weigh(endpoint, shareAt(now - since, this.#rules))
  }

  #warmed(endpoint: Endpoint): void {
    this.#warming.delete(endpoint)
    this.#upstream.weigh(endpoint, 1)
  }

  #forget(endpoint: Endpoint): void {
    this.#readySince.delete(endpoint)
    this.#cold.delete(endpoint)
    this.#warming.delete(endpoint)
  }
}

/** The share of its weight that an endpoint has after so many ms (Envoy, slow start mode). */
export function shareAt(ms: number, { window, aggression, floor }: Rules): number {
  return Math.min(1, Math.max(floor, (ms / window) ** (1 / aggression)))
}
