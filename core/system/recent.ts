/**
 * What was asked for last, by text: a bounded memory for answers that are dear to work out. It holds
 * `limit` entries at most and forgets those that nobody asked for longest, to within half of them.
 * Two generations: a hit on a young entry is one look-up and moves nothing.
 *
 * @example
 * const seen = new Recent<Verdict>(10_000)
 * const verdict = seen.get(text) ?? judge(text)
 */
export class Recent<Value> {
  readonly #half: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** `limit` is 2 or more. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const older = this.#old.get(key)
    if (older === undefined) return undefined
    this.#old.delete(key)
    this.#put(key, older)
    return older
  }

  set(key: string, value: Value): void {
    this.#old.delete(key)
    // A slice would hold on to all of the text that it is from.
    this.#put(Buffer.from(key, 'utf16le').toString('utf16le'), value)
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #put(key: string, value: Value): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
