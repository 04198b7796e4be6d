// Beyond so many the one that was put in first is forgotten.
const MOST = 1_000

/** A bounded number of things known of keys, each for a time. */
export class Memory<Value> {
  readonly #known = new Map<string, { readonly value: Value; readonly until: number }>()
  readonly #forMs: number

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  get(key: string, now: number): Value | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    if (known.until > now) return known.value
    this.#known.delete(key)
    return undefined
  }

  set(key: string, value: Value, now: number): void {
    this.#known.delete(key)
    this.#known.set(key, { value, until: now + this.#forMs })
    if (this.#known.size <= MOST) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}
