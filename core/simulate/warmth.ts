/** What an endpoint has to work up again after it was away. */
export interface WarmthTraits {
  /** How many times as long services take right after a start. */
  readonly coldFactor: number
  /** Over so long that falls to once, evenly. */
  readonly coldMs: number
  /** How many keys its cache holds; 0 for no cache. */
  readonly entries: number
  /** How many times as long a service takes whose key is not in the cache. */
  readonly missFactor: number
}

/** Nothing to work up. */
export const ALWAYS_WARM: WarmthTraits = { coldFactor: 1, coldMs: 0, entries: 0, missFactor: 1 }

/** How warm an endpoint is: since when it runs, and what its cache holds (the least recently used goes). */
export class Warmth {
  readonly #traits: WarmthTraits
  readonly #cached = new Set<number>()
  #startedAt = Number.NEGATIVE_INFINITY

  constructor(traits: WarmthTraits) {
    this.#traits = traits
  }

  /** It was away and begins anew. */
  restart(now: number): void {
    this.#startedAt = now
    this.#cached.clear()
  }

  /** How many times as long a service of a key takes that begins now. */
  factor(key: number, now: number): number {
    const { coldFactor, coldMs, entries, missFactor } = this.#traits
    const age = now - this.#startedAt
    const cold = age < coldMs ? coldFactor + ((1 - coldFactor) * age) / coldMs : 1
    return entries > 0 && key !== -1 && !this.#hits(key, entries) ? cold * missFactor : cold
  }

  #hits(key: number, entries: number): boolean {
    const isHit = this.#cached.delete(key)
    this.#cached.add(key)
    if (this.#cached.size > entries) {
      for (const oldest of this.#cached) {
        this.#cached.delete(oldest)
        break
      }
    }
    return isHit
  }
}
