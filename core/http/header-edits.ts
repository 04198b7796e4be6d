import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { RawHeaders } from '../contracts/transport.ts'

/**
 * What plugins changed in the headers of one message, to be laid over what came. Lists and no map:
 * edits are few, and most names differ in their length already.
 */
export class HeaderEdits {
  /** Names that are set or removed, in lower case. */
  readonly #covered: string[] = []
  /** Their lines as they were written; the value is undefined where it is removed. */
  readonly #names: string[] = []
  readonly #values: (string | undefined)[] = []
  readonly #added: RawHeaders = []

  /** The edits so far, for a message of its own. */
  copy(): HeaderEdits {
    const edits = new HeaderEdits()
    edits.#covered.push(...this.#covered)
    edits.#names.push(...this.#names)
    edits.#values.push(...this.#values)
    edits.#added.push(...this.#added)
    return edits
  }

  /** @throws TypeError when the name or value cannot stand in a message */
  set(name: string, value: string): void {
    check(name, value)
    this.#put(name, value)
  }

  /** @throws TypeError when the name or value cannot stand in a message */
  add(name: string, value: string): void {
    check(name, value)
    this.#added.push(name, value)
  }

  remove(name: string): void {
    this.#put(name, undefined)
  }

  /**
   * Puts every line of a name under another one, in place of what is there: those of `raw`, which
   * these edits are to be laid over, and those of the edits. Does nothing if there is none.
   */
  rename(raw: RawHeaders, name: string, to: string): void {
    const lines = [...raw]
    this.applyTo(lines)
    const lower = name.toLowerCase()
    const values = lines.filter((_, i) => i % 2 === 1 && lines[i - 1]?.toLowerCase() === lower)
    if (values.length === 0) return
    this.remove(name)
    this.remove(to)
    for (const value of values) this.add(to, value)
  }

  /**
   * Whether what came under this name is replaced or removed. A name with hyphens covers what reads
   * like it: CGI and its heirs (PHP, WSGI, Rack) do not tell `X-User`, `X_User` and `X.User` apart.
   */
  covers(name: string): boolean {
    const covered = this.#covered
    for (let i = 0; i < covered.length; i++) {
      const one = covered[i] as string
      if (one.length === name.length && (one === name || readsLike(name, one))) return true
    }
    return false
  }

  /** Appends the lines that are new. */
  appendTo(headers: RawHeaders): void {
    for (let i = 0; i < this.#names.length; i++) {
      const value = this.#values[i]
      if (value !== undefined) headers.push(this.#names[i] as string, value)
    }
    for (const part of this.#added) headers.push(part)
  }

  /** Lays the edits over a list of headers, in place. */
  applyTo(headers: RawHeaders): void {
    let kept = 0
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      if (this.covers(name)) continue
      headers[kept] = name
      headers[kept + 1] = headers[i + 1] as string
      kept += 2
    }
    headers.length = kept
    this.appendTo(headers)
  }

  #put(name: string, value: string | undefined): void {
    const lower = name.toLowerCase()
    if (this.#added.length > 0) dropLines(this.#added, lower)
    const known = this.#covered.indexOf(lower)
    const index = known < 0 ? this.#covered.length : known
    this.#covered[index] = lower
    this.#names[index] = name
    this.#values[index] = value
  }
}

/** Takes every line of a lower-case name out of a list, in place. */
export function dropLines(headers: RawHeaders, lower: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i] as string
    if (name.length === lower.length && name.toLowerCase() === lower) headers.splice(i, 2)
  }
}

/** @throws TypeError when the name or value cannot stand in a message */
export function check(name: string, value: string): void {
  validateHeaderName(name)
  validateHeaderValue(name, value)
}

/** Whether a name of the same length reads as `lower` to a server that takes hyphens for others. */
function readsLike(name: string, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const wanted = lower.charCodeAt(i)
    const found = name.charCodeAt(i)
    if (found === wanted) continue
    if (
      wanted === HYPHEN ? isLetterOrDigit(found) : (found | CASE) !== wanted || !isLetter(found)
    ) {
      return false
    }
  }
  return true
}

const HYPHEN = 45
const CASE = 32

function isLetter(code: number): boolean {
  const lower = code | CASE
  return lower >= 97 && lower <= 122
}

function isLetterOrDigit(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57)
}
