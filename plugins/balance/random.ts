import { defineStrategy, type Endpoint, RNG, type Rng, type Strategy, Type } from '#core'
import { AliasTable } from './shares/alias-table.ts'
import { unequalWeights } from './shares/weights.ts'

/**
 * Takes a ready endpoint by chance, each in proportion to its weight. O(1): the alias method where
 * weights differ, a plain draw where they are equal.
 *
 * @example
 * balance: random()
 */
export const random = defineStrategy({
  name: 'random',
  options: Type.Object({}),
  inject: [RNG],
  create: (_options, rng) => new Random(rng),
})

export class Random implements Strategy {
  readonly #rng: Rng
  #ready: readonly Endpoint[] = []
  #table: AliasTable | undefined = undefined

  constructor(rng: Rng) {
    this.#rng = rng
  }

  update(ready: readonly Endpoint[]): void {
    const weights = unequalWeights(ready)
    this.#ready = ready
    this.#table = weights === undefined ? undefined : new AliasTable(weights, this.#rng)
  }

  pick(): Endpoint | undefined {
    if (this.#ready.length === 0) return undefined
    const place = this.#table?.draw() ?? this.#rng.below(this.#ready.length)
    return this.#ready[place]
  }
}
