import type { Clock } from '#core'
import { type Timed, Wheel } from './wheel.ts'

// Well below what a process may have open, and far above what endpoints that answer need: 10,000
// every 2 s, each in 5 ms, are 25 at once.
const MOST_AT_ONCE = 512

/** A check that waits for its time, then for its turn. */
export interface Turn extends Timed {
  begin(): void
}

const byClock = new WeakMap<Clock, Rounds>()

/**
 * When the checks of a process take place. All uses share one wheel, and what may be under way at
 * once: a gateway has many upstreams, and one event loop.
 */
export class Rounds {
  readonly wheel: Wheel
  readonly #queue = new Set<Turn>()
  #underway = 0
  #isFilling = false

  private constructor(clock: Clock) {
    this.wheel = new Wheel(clock)
  }

  /** Those of everybody on this clock. */
  static on(clock: Clock): Rounds {
    const known = byClock.get(clock)
    if (known !== undefined) return known
    const rounds = new Rounds(clock)
    byClock.set(clock, rounds)
    return rounds
  }

  /** Has a check begin, now or once others have ended, in the order of asking. */
  ask(turn: Turn): void {
    this.#queue.add(turn)
    this.#fill()
  }

  /** A check that was begun is over. */
  ended(): void {
    this.#underway--
    this.#fill()
  }

  /** Forgets one that waits. */
  forget(turn: Turn): void {
    this.wheel.remove(turn)
    this.#queue.delete(turn)
  }

  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    for (const turn of this.#queue) {
      if (this.#underway >= MOST_AT_ONCE) break
      this.#queue.delete(turn)
      this.#underway++
      turn.begin()
    }
    this.#isFilling = false
  }
}
