import type { Clock, Exchange, Logger, Rng } from '#core'

const DETAIL = 'There are more requests than can be handled now. Try again later.'

// One line each is what overload needs least.
const TELL_EVERY_MS = 10_000

/** Answers those for whom there is no place, and keeps count of them. */
export class Shedding {
  /** So many in all. */
  count = 0
  readonly #leastSeconds: number
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  #toldAt = Number.NEGATIVE_INFINITY
  #toldCount = 0

  constructor(retryAfterMs: number, clock: Clock, rng: Rng, log: Logger) {
    this.#leastSeconds = Math.ceil(retryAfterMs / 1_000)
    this.#clock = clock
    this.#rng = rng
    this.#log = log
  }

  /** Answers 503, with a Retry-After by chance so that those who are shed together part. */
  shed(exchange: Exchange): void {
    this.count++
    this.#tell(exchange)
    const seconds = this.#leastSeconds + this.#rng.below(2 * this.#leastSeconds + 1)
    exchange.refuse(503, DETAIL, { 'retry-after': String(seconds) })
  }

  #tell(exchange: Exchange): void {
    const now = this.#clock.now()
    if (now - this.#toldAt < TELL_EVERY_MS) return
    const shed = this.count - this.#toldCount
    this.#toldAt = now
    this.#toldCount = this.count
    this.#log.warn({ route: exchange.route.id, shed }, 'requests are shed: the limit is reached')
  }
}
