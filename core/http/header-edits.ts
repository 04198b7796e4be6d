import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { RawHeaders } from '../contracts/transport.ts'

/** What plugins changed in the headers of one message, to be laid over what came. */
export class HeaderEdits {
  /** By lower-case name: its line, or undefined where it is removed. */
  readonly #lines = new Map<string, readonly [string, string] | undefined>()
  readonly #added: RawHeaders = []

  /** The edits so far, for a message of its own. */
  copy(): HeaderEdits {
    const edits = new HeaderEdits()
    for (const [name, line] of this.#lines) edits.#lines.set(name, line)
    for (const part of this.#added) edits.#added.push(part)
    return edits
  }

  /** @throws TypeError when the name or value cannot stand in a message */
  set(name: string, value: string): void {
    check(name, value)
    this.#lines.set(name.toLowerCase(), [name, value])
  }

  /** @throws TypeError when the name or value cannot stand in a message */
  add(name: string, value: string): void {
    check(name, value)
    this.#added.push(name, value)
  }

  remove(name: string): void {
    this.#lines.set(name.toLowerCase(), undefined)
  }

  /** Whether what came under this name is replaced or removed. */
  covers(name: string): boolean {
    return this.#lines.has(name.toLowerCase())
  }

  /** Appends the lines that are new. */
  appendTo(headers: RawHeaders): void {
    for (const line of this.#lines.values()) {
      if (line !== undefined) headers.push(line[0], line[1])
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
}

/** @throws TypeError when the name or value cannot stand in a message */
export function check(name: string, value: string): void {
  validateHeaderName(name)
  validateHeaderValue(name, value)
}
