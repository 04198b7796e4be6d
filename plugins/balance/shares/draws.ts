import type { Endpoint, Rng } from '#core'
import { AliasTable } from './alias-table.ts'
import { unequalWeights } from './weights.ts'

// A place that was drawn already is drawn again so often, before another one is taken whatever its weight:
// with one weight far above the rest nearly every draw would be the same.
const MOST_DRAWS = 16

/** Draws several distinct places of the ready endpoints by chance, in proportion to their weights. */
export class Draws {
  /** What `draw` drew, in order; longer than that. */
  readonly places: Int32Array
  readonly #rng: Rng
  #count = 0
  #table: AliasTable | undefined = undefined

  constructor(choices: number, rng: Rng) {
    this.places = new Int32Array(choices)
    this.#rng = rng
  }

  update(ready: readonly Endpoint[]): void {
    const weights = unequalWeights(ready)
    this.#count = ready.length
    this.#table = weights === undefined ? undefined : new AliasTable(weights, this.#rng)
  }

  /** Any place, whatever its weight. */
  any(): number {
    return this.#rng.below(this.#count)
  }

  /** Fills `places` and gives how many of them hold: fewer than the choices when fewer are ready. */
  draw(): number {
    const drawn = Math.min(this.places.length, this.#count)
    for (let at = 0; at < drawn; at++) this.places[at] = this.#distinct(at)
    return drawn
  }

  #distinct(at: number): number {
    let place = this.#one()
    for (let draw = 1; this.#isDrawn(place, at); draw++) {
      if (draw < MOST_DRAWS) place = this.#one()
      else place = place + 1 < this.#count ? place + 1 : 0
    }
    return place
  }

  #one(): number {
    return this.#table === undefined ? this.#rng.below(this.#count) : this.#table.draw()
  }

  #isDrawn(place: number, before: number): boolean {
    for (let at = 0; at < before; at++) if (this.places[at] === place) return true
    return false
  }
}
