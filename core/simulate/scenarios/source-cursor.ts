/** A part of a literal: where its name, and where its value begins. */
export interface Part {
  readonly nameAt: number
  readonly valueAt: number
}

// What one token skips: strings, templates, comments. Regular expressions are not told from divisions.
const SKIPPED = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const KEY = /(?:([A-Za-z_$][\w$]*)|'([^'\n]*)'|"([^"\n]*)")\s*(:|(?=[,}]))/y

/** Reads an object or a list literal in the text of a program, without running it. */
export class Cursor {
  readonly #text: string
  readonly #start: number

  /** `at` is where its bracket stands. */
  constructor(text: string, at: number) {
    this.#text = text
    this.#start = at + 1
  }

  /** The part of a name; the last one, as it is the last that counts. */
  key(name: string): Part | undefined {
    let found: Part | undefined
    for (const at of this.#parts()) {
      KEY.lastIndex = at
      const [whole, word, single, double, colon] = KEY.exec(this.#text) ?? []
      if (whole === undefined || (word ?? single ?? double) !== name) continue
      // In its short form the name is the value.
      const valueAt = colon === ':' ? this.#skipSpace(at + whole.length) : at
      found = { nameAt: at, valueAt }
    }
    return found
  }

  /** The n-th item, from 0. */
  item(number: number): Part | undefined {
    let count = 0
    for (const at of this.#parts()) if (count++ === number) return { nameAt: at, valueAt: at }
    return undefined
  }

  /** Where each part begins. */
  *#parts(): Generator<number> {
    let at = this.#skipSpace(this.#start)
    while (at < this.#text.length && !/[\]}]/.test(this.#text[at] ?? '')) {
      yield at
      at = this.#skipSpace(this.#endOfPart(at) + 1)
    }
  }

  /** The comma behind a part, or the place before the bracket that ends it all. */
  #endOfPart(from: number): number {
    let depth = 0
    for (let at = from; at < this.#text.length; ) {
      SKIPPED.lastIndex = at
      const skipped = SKIPPED.exec(this.#text)
      if (skipped !== null) {
        at += skipped[0].length
        continue
      }
      const char = this.#text[at] as string
      if ('([{'.includes(char)) depth++
      if (')]}'.includes(char) && depth-- === 0) return at - 1
      if (char === ',' && depth === 0) return at
      at++
    }
    return this.#text.length
  }

  #skipSpace(from: number): number {
    SPACE.lastIndex = from
    return from + (SPACE.exec(this.#text)?.[0].length ?? 0)
  }
}
