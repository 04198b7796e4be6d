import {
  type Clock,
  ConfigError,
  type Drain,
  type DrainEnd,
  type Endpoint,
  type EndpointConfig,
  type Hold,
  type Upstream,
} from '#core'
import { Problem } from './problem.ts'
import type { Wish, Wishes } from './wishes.ts'

/** What is in force on one endpoint by word of an admin. */
interface Grip {
  hold: Hold | undefined
  drain: Drain | undefined
  end: DrainEnd | undefined
}

/** One upstream in the hands of an admin: what he wants of its endpoints, and what is in force. */
export class Ward {
  readonly upstream: Upstream
  readonly #clock: Clock
  readonly #onChange: () => void
  #wishes: Wishes
  readonly #grips = new Map<Endpoint, Grip>()

  /** `onChange` is called when the wishes have changed, which is to be kept. */
  constructor(upstream: Upstream, clock: Clock, wishes: Wishes, onChange: () => void) {
    this.upstream = upstream
    this.#clock = clock
    this.#onChange = onChange
    this.#wishes = wishes
    upstream.supply(wishes.added)
    upstream.watch({
      joined: (endpoint) => this.#grip(endpoint),
      left: (endpoint) => this.#left(endpoint),
    })
  }

  get wishes(): Wishes {
    return this.#wishes
  }

  /** Takes what somebody else was told, in place of what was wanted here. */
  obey(wishes: Wishes): void {
    const cause = 'another process was told so'
    for (const endpoint of [...this.#grips.keys()]) this.#let(endpoint, cause)
    this.#wishes = wishes
    this.upstream.supply(wishes.added)
    for (const endpoint of this.upstream.endpoints) this.#grip(endpoint)
  }

  wish(endpoint: Endpoint): Wish | undefined {
    return this.#wishes.endpoints.get(endpoint.id)
  }

  isAdded({ id }: Endpoint): boolean {
    return this.#wishes.added.some((config) => idOf(config) === id)
  }

  /** How a drain goes on, or ended. */
  drainOf(endpoint: Endpoint): { drain: Drain; end: DrainEnd | undefined } | undefined {
    const { drain, end } = this.#grips.get(endpoint) ?? {}
    return drain && { drain, end }
  }

  /** Begins a drain; one that is under way goes on. */
  drain(endpoint: Endpoint, deadlineMs: number, cause: string): Drain {
    const known = this.#grips.get(endpoint)?.drain
    if (known !== undefined) return known
    this.#change(endpoint, { drain: { since: this.#clock.wall(), cause, deadlineMs } })
    return this.#startDrain(endpoint, deadlineMs, cause)
  }

  undrain(endpoint: Endpoint, cause: string): void {
    const grip = this.#grips.get(endpoint)
    this.#change(endpoint, { drain: undefined })
    grip?.drain?.release(cause)
    if (grip !== undefined) Object.assign(grip, { drain: undefined, end: undefined })
  }

  /** Holds it, in place of an earlier hold; 0 ms for not by itself. */
  hold(endpoint: Endpoint, forMs: number, cause: string): void {
    const since = this.#clock.wall()
    this.#change(endpoint, { hold: { since, cause, until: forMs > 0 ? since + forMs : 0 } })
    this.#startHold(endpoint, forMs, cause)
  }

  release(endpoint: Endpoint, cause: string): void {
    const grip = this.#grips.get(endpoint)
    this.#change(endpoint, { hold: undefined })
    grip?.hold?.release(cause)
    if (grip !== undefined) grip.hold = undefined
  }

  weigh(endpoint: Endpoint, factor: number): void {
    this.#change(endpoint, { factor })
    this.upstream.weigh(endpoint, factor)
  }

  /** @throws Problem 400 for what is no endpoint, 409 for an id that is taken */
  add(config: EndpointConfig): Endpoint {
    const id = idOf(config)
    if (id !== undefined && this.#find(id) !== undefined) {
      throw new Problem(409, `upstream ${this.upstream.name} has an endpoint "${id}" already`)
    }
    const before = new Set(this.upstream.endpoints)
    const added = [...this.#wishes.added, config]
    try {
      this.upstream.supply(added)
    } catch (error: unknown) {
      if (!(error instanceof ConfigError)) throw error
      const errors = error.problems.map((message) => ({ pointer: '', message }))
      throw new Problem(400, 'this is no endpoint', { errors })
    }
    this.#wishes.added = added
    this.#onChange()
    const endpoint = this.upstream.endpoints.find((one) => !before.has(one))
    if (endpoint === undefined) throw new Error('an endpoint was added and is not there')
    return endpoint
  }

  /** @throws Problem 409 for one that was not added here */
  remove(endpoint: Endpoint): void {
    if (!this.isAdded(endpoint)) {
      const { id } = endpoint
      const detail = `"${id}" is the config's, or was discovered: drain or hold it, or take it out there`
      throw new Problem(409, detail)
    }
    this.#wishes.added = this.#wishes.added.filter((config) => idOf(config) !== endpoint.id)
    this.#wishes.endpoints.delete(endpoint.id)
    this.upstream.supply(this.#wishes.added)
    this.#onChange()
  }

  #find(id: string): Endpoint | undefined {
    return this.upstream.endpoints.find((endpoint) => endpoint.id === id)
  }

  #change({ id }: Endpoint, change: Partial<Wish>): void {
    const { endpoints } = this.#wishes
    const wish = { factor: 1, hold: undefined, drain: undefined, ...endpoints.get(id), ...change }
    const isNothing = wish.factor === 1 && wish.hold === undefined && wish.drain === undefined
    if (isNothing) endpoints.delete(id)
    else endpoints.set(id, wish)
    this.#onChange()
  }

  /** Puts into force what is wanted of an endpoint. */
  #grip(endpoint: Endpoint): void {
    const { hold, drain, factor = 1 } = this.wish(endpoint) ?? {}
    const now = this.#clock.wall()
    if (factor !== 1) this.upstream.weigh(endpoint, factor)
    if (hold !== undefined && hold.until === 0) this.#startHold(endpoint, 0, hold.cause)
    if (hold !== undefined && hold.until > now) {
      this.#startHold(endpoint, hold.until - now, hold.cause)
    }
    if (drain === undefined) return
    const leftMs = Math.max(0, drain.since + drain.deadlineMs - now)
    this.#startDrain(endpoint, leftMs, drain.cause)
  }

  #let(endpoint: Endpoint, cause: string): void {
    const { hold, drain } = this.#grips.get(endpoint) ?? {}
    this.#grips.delete(endpoint)
    hold?.release(cause)
    drain?.release(cause)
    if (this.wish(endpoint) !== undefined) this.upstream.weigh(endpoint, 1)
  }

  /** Whether it left, or the plugin or the upstream goes: then somebody else may still want it. */
  #left(endpoint: Endpoint): void {
    this.#grips.delete(endpoint)
    if (this.upstream.endpoints.includes(endpoint)) return
    if (this.#wishes.endpoints.delete(endpoint.id)) this.#onChange()
  }

  #startHold(endpoint: Endpoint, forMs: number, cause: string): void {
    const grip = this.#gripOn(endpoint)
    const before = grip.hold
    grip.hold = this.upstream.hold(endpoint, 'admin', { cause, forMs })
    before?.release('another hold took its place')
  }

  #startDrain(endpoint: Endpoint, deadlineMs: number, cause: string): Drain {
    const grip = this.#gripOn(endpoint)
    const drain = this.upstream.drain(endpoint, { deadlineMs, cause })
    grip.drain = drain
    grip.end = undefined
    void drain.done.then((end) => {
      if (grip.drain === drain) grip.end = end
    })
    return drain
  }

  #gripOn(endpoint: Endpoint): Grip {
    const known = this.#grips.get(endpoint)
    if (known !== undefined) return known
    const grip = { hold: undefined, drain: undefined, end: undefined }
    this.#grips.set(endpoint, grip)
    return grip
  }
}

/** The id that an endpoint gets; undefined for what is no URL, which is told elsewhere. */
function idOf({ id, url }: EndpointConfig): string | undefined {
  if (id !== undefined) return id
  return URL.canParse(url) ? new URL(url).host : undefined
}
