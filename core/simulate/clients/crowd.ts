import type { Rng } from '../../contracts/clock.ts'
import { mix32 } from '../../system/hash.ts'
import type { ArrivalStream } from '../arrivals.ts'
import type { Distribution } from '../distributions.ts'
import type { Due } from '../event-queue.ts'
import type { SimulatedGateway, SimulatedRoute } from '../simulated-gateway.ts'
import type { Terms } from '../terms.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { Client } from './client.ts'
import type { ResolvedClients } from './resolve-clients.ts'
import { RetryTokens } from './retry-tokens.ts'

const DRAWS = 16

/** Who learns what becomes of clients' calls. */
export interface CallWitness {
  began(at: number): void
  ended(beganAt: number, isGood: boolean): void
}

/** Where a request goes in. */
export interface Way {
  readonly gateway: SimulatedGateway
  readonly route: SimulatedRoute
}

/** All clients of one kind. */
export class Crowd implements Due {
  place = -1
  readonly model: ResolvedClients
  readonly terms: Terms
  readonly clock: VirtualClock
  readonly rng: Rng
  readonly #ways: readonly Way[]
  readonly #witness: CallWitness
  readonly #number: () => number
  readonly #tokens: RetryTokens | undefined
  readonly #endsAt: number
  #stream: ArrivalStream | undefined = undefined

  /** `number` gives requests their numbers, those of other crowds included. */
  constructor(
    model: ResolvedClients,
    terms: Terms,
    ways: readonly Way[],
    witness: CallWitness,
    { rng, number, endsAt }: { rng: Rng; number: () => number; endsAt: number },
  ) {
    this.model = model
    this.terms = terms
    this.clock = terms.clock
    this.rng = rng
    this.#ways = ways
    this.#witness = witness
    this.#number = number
    this.#endsAt = endsAt
    const { budget } = model.retry
    this.#tokens = budget === undefined ? undefined : new RetryTokens(budget.share, budget.most)
  }

  /** Lets its clients begin. */
  start(): void {
    const { arrivals, count, think, isTogether } = this.model
    if (arrivals !== undefined) {
      this.#stream = arrivals.start(this.clock.now(), this.rng.fork('arrivals'))
      this.#wait()
      return
    }
    for (let number = 0; number < count; number++) {
      const firstMs = isTogether ? 0 : this.#restOf(think)
      new Client(this, mix32(number)).callAfter(firstMs)
    }
  }

  /** Another call of an open loop comes. */
  due(): void {
    this.#wait()
    new Client(this, -1).call()
  }

  way(): Way {
    const ways = this.#ways
    return ways[ways.length === 1 ? 0 : this.rng.below(ways.length)] as Way
  }

  numbered(): number {
    return this.#number()
  }

  /** The key of a call whose client has one of its own. */
  keyOf(own: number): number {
    const { keys } = this.model
    return keys === undefined ? own : mix32(keys.draw(this.rng))
  }

  began(at: number): void {
    this.#tokens?.earn()
    this.#witness.began(at)
  }

  ended(beganAt: number, isGood: boolean): void {
    this.#witness.ended(beganAt, isGood)
  }

  /** Whether one more retry may be made; counts it. */
  affords(): boolean {
    return this.#tokens?.spend() ?? true
  }

  /**
   * What is left of a wait that somebody looks in on: a long one is likelier to be met, so one of
   * several is drawn in proportion to its length.
   */
  #restOf(think: Distribution): number {
    let met = 0
    let sum = 0
    for (let draw = 0; draw < DRAWS; draw++) {
      const ms = think.sample(this.rng)
      sum += ms
      if (this.rng.unit() * sum < ms) met = ms
    }
    return met * this.rng.unit()
  }

  #wait(): void {
    const at = this.#stream?.next() ?? Number.POSITIVE_INFINITY
    if (at < this.#endsAt) this.clock.schedule(this, at - this.clock.now())
  }
}
