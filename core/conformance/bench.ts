import { Problems } from '../config/problems.ts'
import { resolveStrategy } from '../config/resolve-use.ts'
import type { ResolvedUse } from '../config/resolved.ts'
import { Container } from '../container/container.ts'
import { Uses } from '../container/use.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Strategy } from '../contracts/strategy.ts'
import type { StrategyUse } from '../contracts/uses.ts'
import { VirtualClock } from '../simulate/virtual-clock.ts'
import { SeededRng } from '../system/rng.ts'
import { CLOCK, LOGGER, RNG } from '../tokens.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { LiveUpstream } from '../upstream/upstream.ts'

const ignore = (): void => {}
const SILENCE: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
const TWO_TO_32 = 2 ** 32

/** An endpoint that a check counts on by hand. */
export interface Stand extends Endpoint {
  weight: number
  inflight: number
  isFull: boolean
}

/** `count` endpoints of weight 1, or of the weight by place, with the indexes from `first` on. */
export function stands(count: number, first = 0, weightOf = (_place: number) => 1): Stand[] {
  return Array.from({ length: count }, (_, place) => {
    const index = first + place
    const id = `e${index}`
    return {
      id,
      url: `http://${id}.test`,
      index,
      weight: weightOf(place),
      inflight: 0,
      holds: 0,
      firmHolds: 0,
      priority: 0,
      zone: '',
      isFull: false,
    }
  })
}

/** One instance of a strategy on a virtual clock and seeded chance, and a way to send flows by it. */
export class StrategyBench {
  readonly clock = new VirtualClock()
  readonly strategy: Strategy
  readonly flow = new ActiveFlow(new LiveUpstream('users', this.clock, SILENCE))
  readonly #keys: SeededRng

  /** @throws ConfigError when the options are wrong or a service is missing */
  constructor(use: StrategyUse, seed = 1) {
    const rng = new SeededRng(seed)
    const problems = new Problems()
    const resolved = resolveStrategy('balance', use, problems)
    problems.raise()
    const container = Container.root()
      .bind(CLOCK, this.clock)
      .bind(RNG, rng.fork('strategy'))
      .bind(LOGGER, SILENCE)
    const scope = { container, path: ['upstream', 'users'] }
    this.#keys = rng.fork('keys')
    this.strategy = new Uses().take(scope, 'balance', resolved as ResolvedUse<Strategy>).instance
  }

  update(ready: readonly Endpoint[]): this {
    this.strategy.update(ready)
    return this
  }

  /** The endpoint that a new flow gets, with a key of its own unless one is given. */
  pick(key = this.#keys.below(TWO_TO_32)): Stand | undefined {
    this.flow.key = key
    return this.strategy.pick(this.flow) as Stand | undefined
  }

  /** Flows from now on avoid these endpoints. */
  avoid(...endpoints: readonly Endpoint[]): this {
    this.flow.avoid = endpoints.length === 0 ? undefined : new Set(endpoints)
    return this
  }

  /** Sends a flow: picks, counts, waits and settles. */
  send(latencyMs = 10, outcome: Outcome = 'ok'): Stand | undefined {
    const endpoint = this.pick()
    if (endpoint === undefined) return undefined
    this.start(endpoint)
    this.clock.advance(latencyMs)
    this.settle(endpoint, latencyMs, outcome)
    return endpoint
  }

  start(endpoint: Stand): void {
    endpoint.inflight++
    this.strategy.start?.(endpoint)
  }

  settle(endpoint: Stand, latencyMs = 10, outcome: Outcome = 'ok'): void {
    endpoint.inflight--
    this.strategy.settle?.(endpoint, latencyMs, outcome)
  }
}
