/**
 * The last texts that something is known of, at most `size` of them. Two generations in place of an
 * order of use: a text that was asked for in the present one stays, and a look costs one lookup.
 */
export class Memo<Value> {
  readonly #half: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(size: number) {
    this.#half = Math.max(1, Math.floor(size / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(text: string): Value | undefined {
    const value = this.#young.get(text)
    if (value !== undefined) return value
    const older = this.#old.get(text)
    if (older === undefined) return undefined
    this.#old.delete(text)
    this.#keep(text, older)
    return older
  }

  set(text: string, value: Value): void {
    // In memory of its own: V8 would keep the whole head that the text is a piece of.
    this.#keep(Buffer.from(text, 'latin1').toString('latin1'), value)
  }

  #keep(text: string, value: Value): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, value)
  }
}
