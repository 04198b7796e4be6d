import assert from 'node:assert/strict'
import { validate } from '../../core/config/validate.ts'
import { Container } from '../../core/container/container.ts'
import type { Endpoint } from '../../core/contracts/endpoint.ts'
import type { Outcome } from '../../core/contracts/flow.ts'
import type { Strategy } from '../../core/contracts/strategy.ts'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import { CLOCK, LOGGER, RNG } from '../../core/index.ts'
import { VirtualClock } from '../../core/simulate/virtual-clock.ts'
import { SeededRng } from '../../core/system/rng.ts'
import { ActiveFlow } from '../../core/upstream/flow.ts'
import { LiveUpstream } from '../../core/upstream/upstream.ts'
import * as plugins from '../../plugins/index.ts'

const silence = (): void => {}
const log = { debug: silence, info: silence, warn: silence, error: silence }

/** Uses of the standard strategies with options that make another strategy of them. */
const VARIANTS: readonly [string, () => StrategyUse][] = [
  ['powerOfTwo peak-ewma', () => plugins.powerOfTwo({ load: 'peak-ewma' })],
]

/** Every strategy of the standard list, by its name there, with options that it can do with. */
export function standardStrategies(): [string, () => StrategyUse][] {
  const found: [string, () => StrategyUse][] = []
  for (const [name, factory] of Object.entries(plugins)) {
    const use: unknown = (factory as () => unknown)()
    if (isStrategyUse(use)) found.push([name, () => use])
  }
  return [...found, ...VARIANTS]
}

function isStrategyUse(use: unknown): use is StrategyUse {
  return typeof use === 'object' && use !== null && 'kind' in use && use.kind === 'strategy'
}

/** An endpoint that a test counts on by hand. */
export interface Stand extends Endpoint {
  weight: number
  inflight: number
  isFull: boolean
}

/** `count` endpoints with the indexes from `first` on. */
export function stands(count: number, first = 0): Stand[] {
  return Array.from({ length: count }, (_, n) => {
    const index = first + n
    const id = `e${index}`
    return {
      id,
      url: `http://${id}.test`,
      index,
      weight: 1,
      inflight: 0,
      holds: 0,
      firmHolds: 0,
      priority: 0,
      zone: '',
      isFull: false,
    }
  })
}

/** One instance of a strategy with all that it may inject, and a way to send flows through it. */
export class StrategyBench {
  readonly clock = new VirtualClock()
  readonly strategy: Strategy
  readonly #keys: SeededRng
  readonly #flow = new ActiveFlow(new LiveUpstream('users', this.clock, log))

  constructor({ definition, options }: StrategyUse, seed = 1) {
    const rng = new SeededRng(seed)
    const services = Container.root()
      .bind(CLOCK, this.clock)
      .bind(RNG, rng.fork('strategy'))
      .bind(LOGGER, log)
      .getAll(definition.inject)
    const checked = validate(definition.options, options, (place, said) =>
      assert.fail(`${definition.name}: ${place} ${said}`),
    )
    this.#keys = rng.fork('keys')
    this.strategy = (definition.create as (...taken: unknown[]) => Strategy)(checked, ...services)
  }

  update(ready: readonly Endpoint[]): this {
    this.strategy.update(ready)
    return this
  }

  /** The endpoint that a new flow with a key of its own gets. */
  pick(): Stand | undefined {
    this.#flow.key = this.#keys.below(2 ** 32)
    return this.strategy.pick(this.#flow) as Stand | undefined
  }

  /** Flows from now on avoid these endpoints. */
  avoid(...endpoints: readonly Endpoint[]): this {
    this.#flow.avoid = endpoints.length === 0 ? undefined : new Set(endpoints)
    return this
  }

  /** Sends a flow: picks, counts, waits and settles. */
  send(latencyMs = 10): Stand | undefined {
    const endpoint = this.pick()
    if (endpoint === undefined) return undefined
    this.start(endpoint)
    this.clock.advance(latencyMs)
    this.settle(endpoint, latencyMs)
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
