import {
  type CopyLimits,
  definePlugin,
  duration,
  type Exchange,
  LOGGER,
  type Logger,
  type Plugin,
  type RequestCopy,
  RNG,
  type Rng,
  size,
  Type,
  type Upstream,
} from '#core'

/**
 * Sends copies of requests to a second upstream as well, which sees what the first would: the
 * headers as the chain left them, the path as it was rewritten, the body whole. Its answers are read
 * and dropped, its failures counted and logged at debug. The first waits for nothing of it.
 *
 * Stands behind a route's `mirror`.
 *
 * @example
 * routes: [{ path: '/', to: 'stable', mirror: { to: 'next', share: 0.1 } }]
 */
export const mirror = definePlugin({
  name: 'mirror',
  options: Type.Object({
    to: Type.String({
      minLength: 1,
      description: 'The upstream that gets the copies, chosen among by its own strategy.',
    }),
    share: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 1,
        description: 'The share of requests that are copied, drawn for each.',
      }),
    ),
    maxBody: Type.Optional(
      size({
        default: '64kb',
        description: 'A request whose body is larger is not copied. Bodies are kept until whole.',
      }),
    ),
    timeout: Type.Optional(
      duration({
        default: '10s',
        description: 'For a whole copy, its answer included; then it is broken off.',
      }),
    ),
    maxConcurrent: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        default: 100,
        description: 'Copies at one time. Beyond it requests are not copied.',
      }),
    ),
  }),
  inject: [RNG, LOGGER],
  create: (options, rng, log) => new Mirror(options, rng, log),
})

interface Options {
  readonly to: string
  readonly share: number
  readonly maxBody: number
  readonly timeout: number
  readonly maxConcurrent: number
}

class Mirror implements Plugin {
  /** Copies that went well. */
  succeeded = 0
  /** Copies that got a failure for an answer, or none in time. */
  failed = 0
  /** Requests that were not copied: no endpoint, too large, too many at one time, cut short. */
  dropped = 0
  readonly #options: Options
  readonly #rng: Rng
  readonly #log: Logger
  readonly #limits: CopyLimits
  readonly #live = new Set<RequestCopy>()
  #upstream: Upstream | undefined = undefined

  constructor(options: Options, rng: Rng, log: Logger) {
    this.#options = options
    this.#rng = rng
    this.#log = log
    this.#limits = {
      maxBodyBytes: options.maxBody,
      timeoutMs: options.timeout,
      finished: (copy) => this.#finished(copy),
    }
  }

  upstream(upstream: Upstream): void {
    if (upstream.name === this.#options.to) this.#upstream = upstream
  }

  start(): void {
    if (this.#upstream !== undefined) return
    throw new Error(`mirror: the route does not send to "${this.#options.to}"`)
  }

  request(exchange: Exchange): void {
    const { share, maxConcurrent } = this.#options
    if (this.#upstream === undefined || this.#rng.unit() >= share) return
    if (this.#live.size >= maxConcurrent) {
      this.dropped++
      this.#log.debug({ route: exchange.route.id, dropped: this.dropped }, 'too many copies')
      return
    }
    const copy = exchange.copyTo(this.#upstream, this.#limits)
    if (!copy.isOver) this.#live.add(copy)
  }

  dispose(): void {
    for (const copy of this.#live) copy.abort()
  }

  #finished(copy: RequestCopy): void {
    this.#live.delete(copy)
    if (copy.outcome === undefined) this.dropped++
    else if (copy.outcome === 'ok') this.succeeded++
    else this.failed++
  }
}
