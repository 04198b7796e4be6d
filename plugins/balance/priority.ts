import {
  defineSelector,
  type Flow,
  type Group,
  LOGGER,
  type Logger,
  RNG,
  type Rng,
  type Selector,
  Type,
} from '#core'
import { type Level, type LevelRules, levelsOf } from './levels.ts'
import { pointOf } from './point.ts'

const SALT = 0x9e3779b9

/**
 * Uses the endpoints of the lowest `priority` first, and the next ones for as much as those before
 * have not enough ready endpoints for. A level counts as whole while `overprovisioning` times its
 * ready share is 1 or more: at 1.4, from 72 % on; at 50 % it gets 70 % of the flows and the next
 * level the rest. The rule is Envoy's, in whole percents.
 *
 * When all levels together are short and fewer than the share `panic` of a level are ready, the
 * level is in a panic: endpoints that only `health` or `ejection` hold get flows too, since a
 * doubtful endpoint is better than none and the few left would fall over. It is logged as a warning,
 * and so is its end. What drain, admin, a breaker or a failed connection holds stays held.
 *
 * Flows with a key go to a level by it, so that equal keys stay together. Stands around every
 * strategy by default.
 *
 * @example
 * select: [priority({ panic: 0.3 })]
 */
export const priority = defineSelector({
  name: 'priority',
  options: Type.Object({
    overprovisioning: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 10,
        default: 1.4,
        description: 'How many times its ready share a level may be used for.',
      }),
    ),
    panic: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'The ready share below which held endpoints are let in. 0 never does.',
      }),
    ),
  }),
  inject: [RNG, LOGGER],
  create: (rules, rng, log) => new Priority(rules, rng, log),
})

class Priority implements Selector {
  readonly #rules: LevelRules
  readonly #rng: Rng
  readonly #log: Logger
  /** Where each level's share ends, in percent. */
  #ends: number[] = []
  /** Levels in which held endpoints are used. */
  #panics = new Set<number>()

  constructor(rules: LevelRules, rng: Rng, log: Logger) {
    this.#rules = rules
    this.#rng = rng
    this.#log = log
  }

  update({ name, ready, all }: Group): readonly Group[] {
    const levels = levelsOf(ready, all, this.#rules)
    let end = 0
    this.#ends = levels.map(({ load }) => {
      end += load
      return end
    })
    this.#tell(name, levels)
    return levels.map((level) => ({ ...level, name: `${name} priority ${level.priority}` }))
  }

  select(flow: Flow): number {
    const percent = pointOf(flow, SALT, this.#rng) * 100
    const ends = this.#ends
    let place = 0
    while (place < ends.length && percent >= (ends[place] as number)) place++
    return place
  }

  #tell(upstream: string, levels: readonly Level[]): void {
    const panics = new Set<number>()
    for (const { priority, all, ready } of levels) {
      // Where operators drain most of a level, a panic has nobody to let in, and nothing is amiss.
      const letsIn = ready.some(({ holds }) => holds !== 0)
      const did = this.#panics.has(priority)
      if (letsIn) panics.add(priority)
      if (letsIn === did) continue
      const counts = { upstream, priority, endpoints: all.length, used: ready.length }
      if (letsIn)
        this.#log.warn(counts, 'panic: too few endpoints are ready, so held ones are used')
      else this.#log.warn(counts, 'the panic is over: no held endpoint is used any more')
    }
    this.#panics = panics
  }
}
