import { Cursor } from './source-cursor.ts'

/**
 * Where the parts of a scenario stand in the text of its file: follows the literal that
 * `defineScenario` is given, key by key, as far as it is one. No parser of the language: what it cannot
 * follow (a call, a spread) ends the way, and the last place that was found counts.
 */
export class SourceLines {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The line of a place such as `clients[0].retry.base`, from 1; undefined if not even its first key is found. */
  lineOf(place: string): number | undefined {
    const steps = [...place.matchAll(/[A-Za-z_$][\w$-]*|\d+/g)].map(([step]) => step)
    let at = this.#beginning()
    let found: number | undefined
    for (const step of steps) {
      if (at === undefined) break
      const literal = this.#literalAt(at)
      if (literal === undefined) break
      const cursor = new Cursor(this.#text, literal)
      const next = /^\d/.test(step) ? cursor.item(Number(step)) : cursor.key(step)
      if (next === undefined) break
      found = next.nameAt
      at = next.valueAt
    }
    return found === undefined ? undefined : this.#text.slice(0, found).split('\n').length
  }

  /** Where the literal begins that the file is about: the first one with a title. */
  #beginning(): number | undefined {
    const before =
      /\bdefineScenario\s*(?:<[^(]*>)?\(\s*|\bexport\s+default\s+|=>\s*\(\s*|\breturn\s+/g
    for (const { index, 0: text } of this.#text.matchAll(before)) {
      const from = index + text.length
      if (this.#text[from] !== '{') continue
      if (new Cursor(this.#text, from).key('title') !== undefined) return from
    }
    return undefined
  }

  /** A literal that stands at a place, or that a name there stands for. */
  #literalAt(at: number): number | undefined {
    if (/[[{]/.test(this.#text[at] ?? '')) return at
    const name = /[A-Za-z_$][\w$]*(?=\s*[,}\]\n])/y
    name.lastIndex = at
    const [word] = name.exec(this.#text) ?? []
    if (word === undefined) return undefined
    const made = new RegExp(
      `\\b(?:const|let)\\s+${word.replaceAll('$', '\\$')}\\b[^=\\n]*=\\s*(?=[[{])`,
    )
    const found = made.exec(this.#text)
    return found === null ? undefined : found.index + found[0].length
  }
}
