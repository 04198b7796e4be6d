import { defineStrategy, type Endpoint, RNG, type Rng, type Strategy, Type } from '#core'

/**
 * Takes a ready endpoint by chance, each equally likely. O(1). Weights are not looked at.
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

  constructor(rng: Rng) {
    this.#rng = rng
  }

  update(ready: readonly Endpoint[]): void {
    this.#ready = ready
  }

  pick(): Endpoint | undefined {
    return this.#ready.length === 0 ? undefined : this.#ready[this.#rng.below(this.#ready.length)]
  }
}
