import type { Rng } from '../contracts/clock.ts'
import { mix32 } from '../system/hash.ts'
import type { ArrivalStream, Arrivals } from './arrivals.ts'
import type { Due } from './event-queue.ts'
import type { Keys } from './keys.ts'
import type { SimulatedGateway, SimulatedRoute } from './simulated-gateway.ts'
import { SimulatedRequest } from './simulated-request.ts'
import type { Terms } from './terms.ts'

/** Clients who send when they want to, whatever became of what they sent before. */
export class OpenLoop implements Due {
  place = -1
  /** How many requests have come. */
  sent = 0
  readonly #terms: Terms
  readonly #gateways: readonly SimulatedGateway[]
  readonly #stream: ArrivalStream
  readonly #keys: Keys | undefined
  readonly #rng: Rng
  readonly #endsAt: number

  constructor(
    terms: Terms,
    gateways: readonly SimulatedGateway[],
    {
      arrivals,
      keys,
      durationMs,
    }: { arrivals: Arrivals; keys: Keys | undefined; durationMs: number },
    rng: Rng,
  ) {
    this.#terms = terms
    this.#gateways = gateways
    this.#stream = arrivals.start(terms.clock.now(), rng.fork('arrivals'))
    this.#keys = keys
    this.#rng = rng
    this.#endsAt = terms.clock.now() + durationMs
  }

  /** Waits for the first request. */
  start(): void {
    this.#wait()
  }

  due(): void {
    this.#wait()
    const gateways = this.#gateways
    const place = gateways.length === 1 ? 0 : this.#rng.below(gateways.length)
    const key = this.#keys === undefined ? -1 : mix32(this.#keys.draw(this.#rng))
    const gateway = gateways[place] as SimulatedGateway
    const [route] = gateway.routes as readonly [SimulatedRoute]
    new SimulatedRequest(this.sent++, key, gateway, route, this.#terms).start()
  }

  #wait(): void {
    const { clock } = this.#terms
    const at = this.#stream.next()
    if (at < this.#endsAt) clock.schedule(this, at - clock.now())
  }
}
