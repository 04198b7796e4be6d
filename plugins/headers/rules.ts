import { EXCHANGE_PLACEHOLDERS, type Exchange, Template } from '#core'

/** What the options say, once they are valid. */
export interface HeaderOptions {
  readonly remove: readonly string[]
  readonly rename: Readonly<Record<string, string>>
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string | readonly string[]>>
}

/** One line to write: a literal is rendered at boot. */
export class HeaderLine {
  readonly name: string
  readonly template: Template<Exchange>
  readonly #literal: string | undefined

  constructor(name: string, value: string) {
    this.name = name
    this.template = new Template(value, EXCHANGE_PLACEHOLDERS)
    // Of a literal nothing is read.
    this.#literal = this.template.isLiteral ? this.template.render(NOBODY) : undefined
  }

  /** The value for an exchange; empty if none of its placeholders has one. Safe to send. */
  valueFor(exchange: Exchange): string {
    if (this.#literal !== undefined) return this.#literal
    const value = this.template.render(exchange)
    return UNSAFE.test(value) ? value.replace(EVERY_UNSAFE, '?').trim() : value
  }
}

/** The lines of `set` or `add`. */
export function linesOf(
  values: Readonly<Record<string, string | readonly string[]>>,
): readonly HeaderLine[] {
  return Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((line) => new HeaderLine(name, line)),
  )
}

// What cannot stand in a header, and blanks around it: the value may be the client's.
const UNSAFE = /[^\t\x20-\x7e\x80-\xff]|^[ \t]|[ \t]$/
const EVERY_UNSAFE = /[^\t\x20-\x7e\x80-\xff]/g
const NOBODY = {} as Exchange
