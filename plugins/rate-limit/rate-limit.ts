import type { Clock, Exchange, Flow, Json, Logger, Peer, Plugin, Rng } from '#core'
import { Networks, networkOf } from './addresses.ts'
import { bounded } from './bounded-key.ts'
import { Fields } from './fields.ts'
import type { Counts } from './groups.ts'
import { type KeyReader, keyReader } from './keys.ts'
import type { RateLimitOptions } from './options.ts'
import { Verdict } from './rule.ts'

const US = 1_000_000
// Told often enough to be seen, seldom enough not to be a flood within a flood.
const TOLD_EVERY_MS = 10_000

/** Counts requests, and refuses those beyond the limits of their key. */
export class RateLimit implements Plugin {
  readonly #options: RateLimitOptions
  readonly #counts: Counts
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  readonly #keyOf: KeyReader
  readonly #fields: Fields
  readonly #allowed: Networks | undefined
  readonly #denied: Networks | undefined
  /** Where the store answers at once, which is before anybody else asks. */
  readonly #verdict: Verdict
  readonly #isPrompt: boolean
  #admitted = 0
  #refused = 0
  #toldRefused = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: RateLimitOptions, counts: Counts, clock: Clock, rng: Rng, log: Logger) {
    this.#options = options
    this.#counts = counts
    this.#clock = clock
    this.#rng = rng
    this.#log = log
    this.#keyOf = keyReader(options.by)
    const { limits } = counts.rule
    this.#fields = new Fields(limits, options.headers)
    this.#allowed = options.allow.length === 0 ? undefined : new Networks(options.allow)
    this.#denied = options.deny.length === 0 ? undefined : new Networks(options.deny)
    this.#verdict = new Verdict(limits.length)
    this.#isPrompt = counts.isPrompt
  }

  request(exchange: Exchange): void | Promise<void> {
    if (this.#denied?.includes(exchange.client.address)) {
      exchange.refuse(403, 'Requests from this address are not served.')
      return
    }
    if (this.#allowed?.includes(exchange.client.address)) return
    const cost = this.#costOf(exchange)
    if (cost === 0) return
    const key = bounded(this.#keyOf(exchange))
    const verdict = this.#isPrompt ? this.#verdict : new Verdict(this.#counts.rule.limits.length)
    const taken = this.#counts.store.take(key, cost, cost, verdict)
    if (typeof taken === 'number') this.#answer(exchange, verdict)
    else return taken.then(() => this.#answer(exchange, verdict))
  }

  /** A connection of layer 4 has nothing to be told apart by but its address. */
  stream(_flow: Flow, { address }: Peer): boolean | Promise<boolean> {
    if (this.#denied?.includes(address)) return false
    if (this.#allowed?.includes(address)) return true
    const verdict = this.#isPrompt ? this.#verdict : new Verdict(this.#counts.rule.limits.length)
    const taken = this.#counts.store.take(networkOf(address), 1, 1, verdict)
    if (typeof taken === 'number') return this.#judge(L4, verdict) || this.#options.dryRun
    return taken.then(() => this.#judge(L4, verdict) || this.#options.dryRun)
  }

  async start(): Promise<void> {
    await this.#counts.open()
  }

  status(): Json {
    const { rule, keys } = this.#counts
    return {
      limits: rule.limits.map(({ quota, windowMs }) => `${quota} in ${windowMs} ms`),
      keys: keys(),
      admitted: this.#admitted,
      refused: this.#refused,
    }
  }

  dispose(): void {
    this.#counts.close()
  }

  #answer(exchange: Exchange, verdict: Verdict): void {
    const isRefused = !this.#judge(exchange.route.id, verdict)
    if (this.#options.dryRun) return
    if (verdict.isUndecided) {
      if (!isRefused) return
      const detail = 'Whether this request is within its limit cannot be told right now.'
      exchange.refuse(503, detail, { 'retry-after': '1' })
      return
    }
    const waitS = isRefused ? this.#wait(verdict) : 0
    this.#fields.write(exchange, verdict, waitS)
    if (!isRefused) return
    if (waitS > 0) exchange.refuse(429, TOO_MANY, { 'retry-after': String(waitS) })
    // Waiting does not help what costs more than there ever is.
    else exchange.refuse(429, TOO_DEAR)
  }

  /** Counts what became of it; false for a refusal. */
  #judge(route: string, verdict: Verdict): boolean {
    const isAdmitted = verdict.granted > 0
    if (isAdmitted) this.#admitted++
    else {
      this.#refused++
      this.#tell(route, verdict)
    }
    return isAdmitted
  }

  /** In whole seconds, as every field tells it, and longer by chance; 0 for what never passes. */
  #wait({ waitUs }: Verdict): number {
    if (waitUs === Number.POSITIVE_INFINITY) return 0
    return Math.ceil((waitUs / US) * (1 + this.#options.jitter * this.#rng.unit()))
  }

  #costOf(exchange: Exchange): number {
    const { cost } = this.#options
    if (typeof cost === 'number') return cost
    const asked: unknown = cost(exchange)
    if (typeof asked === 'number' && asked >= 0) return Math.ceil(asked)
    throw new TypeError(`rate-limit: \`cost\` must give a number from 0, got ${String(asked)}`)
  }

  #tell(route: string, { violated, isUndecided }: Verdict): void {
    const now = this.#clock.now()
    if (now - this.#toldAt < TOLD_EVERY_MS) return
    this.#toldAt = now
    const refused = this.#refused - this.#toldRefused
    this.#toldRefused = this.#refused
    const limit = isUndecided ? 'none' : this.#counts.rule.limits[violated]?.name
    const words = this.#options.dryRun ? 'requests would have been refused' : 'requests are refused'
    this.#log.info({ route, limit, refused }, words)
  }
}

const L4 = 'connections'
const TOO_MANY = 'Too many requests. Wait before the next one as long as Retry-After says.'
const TOO_DEAR = 'This request costs more than its limit ever allows.'
