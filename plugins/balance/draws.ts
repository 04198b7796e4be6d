import type { Endpoint, Flow, Rng } from '#core'
import { isTaken } from './load/taken.ts'
import { AliasTable } from './shares/alias-table.ts'
import { unequalWeights } from './shares/weights.ts'

// A place that was drawn already, or that the flow may not be sent to, is drawn again so often; then the
// next one along the list is taken, whatever its weight. With one weight far above the rest, or most
// endpoints full, nearly every draw would be in vain.
const MOST_DRAWS = 16

/** Draws several distinct places of the ready endpoints by chance, in proportion to their weights. */
export class Draws {
  /** What `draw` drew, in order; longer than that. */
  readonly places: Int32Array
  readonly #rng: Rng
  #ready: readonly Endpoint[] = []
  #table: AliasTable | undefined = undefined

  constructor(choices: number, rng: Rng) {
    this.places = new Int32Array(choices)
    this.#rng = rng
  }

  update(ready: readonly Endpoint[]): void {
    const weights = unequalWeights(ready)
    this.#ready = ready
    this.#table = weights === undefined ? undefined : new AliasTable(weights, this.#rng)
  }

  /**
   * Fills `places` with some that the flow may be sent to, and gives how many: fewer than the choices
   * when there are no more.
   */
  draw(flow: Flow): number {
    const most = Math.min(this.places.length, this.#ready.length)
    for (let at = 0; at < most; at++) {
      const place = this.#another(at, flow)
      if (place === -1) return at
      this.places[at] = place
    }
    return most
  }

  #another(at: number, flow: Flow): number {
    let place = this.#one()
    for (let draw = 1; draw < MOST_DRAWS; draw++) {
      if (this.#isFree(place, at, flow)) return place
      place = this.#one()
    }
    for (let step = 0; step < this.#ready.length; step++) {
      if (this.#isFree(place, at, flow)) return place
      place = place + 1 < this.#ready.length ? place + 1 : 0
    }
    return -1
  }

  #one(): number {
    return this.#table === undefined ? this.#rng.below(this.#ready.length) : this.#table.draw()
  }

  #isFree(place: number, drawn: number, flow: Flow): boolean {
    for (let at = 0; at < drawn; at++) if (this.places[at] === place) return false
    return !isTaken(this.#ready[place] as Endpoint, flow)
  }
}
