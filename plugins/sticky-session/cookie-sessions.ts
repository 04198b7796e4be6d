import {
  type AnswerHead,
  type Clock,
  contextKey,
  type Endpoint,
  type Exchange,
  type Json,
  type Plugin,
  type Route,
  type Upstream,
} from '#core'
import { keepPrivate } from './cache-control.ts'
import { attributesOf, cookieName } from './cookie-text.ts'
import { type Binding, Jar } from './jar.ts'
import type { StickyOptions } from './options.ts'
import { Seal } from './seal.ts'
import { holdTo, refuseStrictly } from './strict.ts'

// A cookie is issued anew when this part of its idle time is over, and valid for as much longer: so an
// answer seldom has one, and no session ends early.
const RENEWED_AFTER = 0.25
// HAProxy's bound: gateways' clocks may differ, by less than that.
const AHEAD_MS = 24 * 3_600_000
const SECOND_MS = 1_000
const LEAST_FAILURE = 500
const ENDED = '; Max-Age=0'

/**
 * What an exchange's answer has to know: the cookie to issue anew, or, in strict mode, to obey; null
 * where the answer binds nobody.
 */
const BOUND = contextKey<Binding | null>('sticky session')

/** Sessions whose endpoint stands in a signed cookie. The gateway remembers nothing that counts. */
export class CookieSessions implements Plugin {
  readonly attempt?: (exchange: Exchange, endpoint: Endpoint) => void
  readonly #options: StickyOptions
  readonly #clock: Clock
  readonly #seals: readonly Seal[]
  readonly #attributes: string
  readonly #maxAge: string
  readonly #idleMs: number
  readonly #lifetimeMs: number
  readonly #renewalMs: number
  /** By the upstream's name. Upstreams may share one. */
  readonly #jars = new Map<string, Jar>()
  readonly #byRoute = new WeakMap<Route, readonly Jar[]>()

  constructor(options: StickyOptions, clock: Clock) {
    const { secret, idle, lifetime, mode } = options
    this.#options = options
    this.#clock = clock
    this.#seals = (typeof secret === 'string' ? [secret] : secret).map((one) => new Seal(one))
    this.#attributes = attributesOf(options)
    this.#renewalMs = idle === 0 ? Number.POSITIVE_INFINITY : idle * RENEWED_AFTER
    this.#idleMs = idle === 0 ? Number.POSITIVE_INFINITY : idle + this.#renewalMs
    this.#lifetimeMs = lifetime === 0 ? Number.POSITIVE_INFINITY : lifetime
    const seconds = Math.ceil(Math.min(this.#idleMs, this.#lifetimeMs) / SECOND_MS)
    this.#maxAge = Number.isFinite(seconds) ? `; Max-Age=${seconds}` : ''
    if (mode === 'strict') {
      this.attempt = (exchange, endpoint) =>
        holdTo(exchange.flow.context.get(BOUND)?.seat, exchange, endpoint)
    }
  }

  upstream(upstream: Upstream): void {
    const name = cookieName(this.#options.name, upstream.name)
    let jar = [...this.#jars.values()].find((one) => one.name === name)
    jar ??= new Jar(name, this.#seals, this.#options.remember)
    this.#jars.set(upstream.name, jar)
    jar.add(upstream)
    upstream.bindsSessions()
  }

  request(exchange: Exchange): void {
    const jars = this.#jarsOf(exchange.route)
    let bound: Binding | undefined
    for (let i = 0; i < jars.length; i++) {
      const jar = jars[i] as Jar
      const value = exchange.cookie(jar.name)
      exchange.removeCookie(jar.name)
      const found = value === undefined ? undefined : jar.read(value)
      if (found !== undefined && found.issuedAt > (bound?.issuedAt ?? -1)) bound = found
    }
    if (bound === undefined) return
    const now = this.#clock.wall()
    const age = now - bound.issuedAt
    if (age > this.#idleMs || age < -AHEAD_MS || now - bound.boundAt > this.#lifetimeMs) return
    const { flow } = exchange
    const { endpoint, upstream } = bound.seat
    flow.prefer = endpoint
    if (this.attempt !== undefined) {
      flow.context.set(BOUND, bound)
      if (!upstream.accepts(endpoint, flow)) refuseStrictly(exchange)
    } else if (bound.isOld || age >= this.#renewalMs) flow.context.set(BOUND, bound)
  }

  response(exchange: Exchange, answer: AnswerHead): void {
    const { flow } = exchange
    const { endpoint, prefer } = flow
    const bound = flow.context.get(BOUND)
    if (endpoint === undefined || bound === null) return
    const stays = endpoint === prefer || endpoint === bound?.seat.endpoint
    if (stays && (bound === undefined || !this.#isDue(bound))) return
    // A new session on an endpoint that fails would fail for as long as it lasts.
    if (!stays && answer.status >= LEAST_FAILURE) return
    const name = flow.upstream.name
    const jar = this.#jars.get(name)
    if (jar === undefined) return
    const now = this.#clock.wall()
    const boundAt = stays && bound !== undefined ? bound.boundAt : now
    const value = jar.write(name, endpoint, boundAt, now)
    answer.addHeader('set-cookie', this.#line(exchange, jar, value, this.#maxAge))
    if (!stays) this.#endOthers(exchange, answer, jar)
    keepPrivate(answer)
  }

  /** What stands in for the session's endpoints is not where the session is. */
  fallback({ flow }: Exchange): void {
    flow.context.set(BOUND, null)
  }

  status(upstream: Upstream): Json | undefined {
    const jar = this.#jars.get(upstream.name)
    return jar === undefined ? undefined : { cookie: jar.name, remembered: jar.remembered }
  }

  /** The cookies that may tell where a request of the route belongs. */
  #jarsOf(route: Route): readonly Jar[] {
    const known = this.#byRoute.get(route)
    if (known !== undefined) return known
    const all = new Set(this.#jars.values())
    const own = new Set(route.upstreams.map((name) => this.#jars.get(name)))
    const jars = [...(all.size === 1 ? all : own)].filter((jar) => jar !== undefined)
    this.#byRoute.set(route, jars)
    return jars
  }

  #line({ client }: Exchange, jar: Jar, value: string, maxAge: string): string {
    const isSecure = client.secure || this.#options.secure === 'always'
    return `${jar.name}=${value}${maxAge}${this.#attributes}${isSecure ? '; Secure' : ''}`
  }

  /** A session is in one place: what bound it to another side of the route is void. */
  #endOthers(exchange: Exchange, answer: AnswerHead, jar: Jar): void {
    for (const other of this.#jarsOf(exchange.route)) {
      if (other === jar || exchange.cookie(other.name) === undefined) continue
      answer.addHeader('set-cookie', this.#line(exchange, other, '', ENDED))
    }
  }

  #isDue({ isOld, issuedAt }: Binding): boolean {
    return isOld || this.#clock.wall() - issuedAt >= this.#renewalMs
  }
}
