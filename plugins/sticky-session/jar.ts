import type { Endpoint, Upstream } from '#core'
import { Memo } from './memo.ts'
import type { Seal } from './seal.ts'

/** An endpoint that a cookie can name. */
export interface Seat {
  readonly endpoint: Endpoint
  readonly upstream: Upstream
  /** Whether it is still there. */
  isThere: boolean
}

/** A verified cookie. Times are ms since the Unix epoch. */
export interface Binding {
  readonly seat: Seat
  readonly boundAt: number
  readonly issuedAt: number
  /** Whether another secret than the present one signed it. */
  readonly isOld: boolean
}

const SECOND_MS = 1_000

/** One cookie, and the endpoints that it can name: those of an upstream, or of all that share it. */
export class Jar {
  readonly name: string
  readonly #seals: readonly Seal[]
  /** By place of the secret: endpoints by their opaque names. */
  readonly #seats: readonly Map<string, Seat>[]
  /** What a cookie's text says, for as long as its seat is there. */
  readonly #verified: Memo<Binding>

  constructor(name: string, seals: readonly Seal[], remember: number) {
    this.name = name
    this.#seals = seals
    this.#seats = seals.map(() => new Map())
    this.#verified = new Memo(remember)
  }

  get remembered(): number {
    return this.#verified.size
  }

  add(upstream: Upstream): void {
    upstream.watch({
      joined: (endpoint) => {
        const seat = { endpoint, upstream, isThere: true }
        for (const [place, seal] of this.#seals.entries()) {
          const tag = seal.tagOf(upstream.name, endpoint.id)
          const before = this.#seats[place]?.get(tag)
          if (before !== undefined) before.isThere = false
          this.#seats[place]?.set(tag, seat)
        }
      },
      left: (endpoint) => {
        for (const [place, seal] of this.#seals.entries()) {
          const tag = seal.tagOf(upstream.name, endpoint.id)
          const seat = this.#seats[place]?.get(tag)
          // One of its id may have joined by now.
          if (seat?.endpoint !== endpoint) continue
          seat.isThere = false
          this.#seats[place]?.delete(tag)
        }
      },
    })
  }

  /** The cookie's value for an endpoint. */
  write(upstream: string, { id }: Endpoint, boundAt: number, issuedAt: number): string {
    const seal = this.#seals[0] as Seal
    return seal.sign(this.name, {
      tag: seal.tagOf(upstream, id),
      boundAt: Math.floor(boundAt / SECOND_MS),
      issuedAt: Math.floor(issuedAt / SECOND_MS),
    })
  }

  /**
   * What a value says; undefined unless one of the secrets signed it for an endpoint that is there.
   * Verified once, then looked up.
   */
  read(value: string): Binding | undefined {
    const known = this.#verified.get(value)
    if (known?.seat.isThere) return known
    for (const [place, seal] of this.#seals.entries()) {
      const said = seal.verify(this.name, value)
      if (said === undefined) continue
      const seat = this.#seats[place]?.get(said.tag)
      if (seat === undefined) return undefined
      const boundAt = said.boundAt * SECOND_MS
      const issuedAt = said.issuedAt * SECOND_MS
      const binding = { seat, boundAt, issuedAt, isOld: place > 0 }
      this.#verified.set(value, binding)
      return binding
    }
    return undefined
  }
}
