import { type Exchange, LATE_PLACEHOLDERS, type Plugin } from '#core'
import { type HeaderLine, type HeaderOptions, linesOf } from './rules.ts'

/** What `requestHeaders` does; the endpoint's name costs a second step. */
export function requestChanges(options: HeaderOptions): Plugin {
  const lines = linesOf(options.set)
  const isLate = ({ template }: HeaderLine): boolean => template.usesAny(LATE_PLACEHOLDERS)
  const late = lines.filter(isLate)
  const early = new EarlyChanges(
    options,
    lines.filter((line) => !isLate(line)),
  )
  return late.length === 0 ? early : new AllChanges(early, late)
}

/** What can be changed before an endpoint was chosen. */
class EarlyChanges implements Plugin {
  readonly #remove: readonly string[]
  readonly #rename: readonly (readonly [name: string, to: string])[]
  readonly #set: readonly HeaderLine[]
  readonly #add: readonly HeaderLine[]

  constructor({ remove, rename, add }: HeaderOptions, set: readonly HeaderLine[]) {
    this.#remove = remove
    this.#rename = Object.entries(rename)
    this.#set = set
    this.#add = linesOf(add)
  }

  request(exchange: Exchange): void {
    for (const name of this.#remove) exchange.removeHeader(name)
    for (const [name, to] of this.#rename) exchange.renameHeader(name, to)
    for (const line of this.#set) setLine(exchange, line)
    for (const line of this.#add) {
      const value = line.valueFor(exchange)
      if (value !== '') exchange.addHeader(line.name, value)
    }
  }
}

/** With lines that name the endpoint: each attempt writes them anew. */
class AllChanges implements Plugin {
  readonly #early: EarlyChanges
  readonly #late: readonly HeaderLine[]

  constructor(early: EarlyChanges, late: readonly HeaderLine[]) {
    this.#early = early
    this.#late = late
  }

  request(exchange: Exchange): void {
    this.#early.request(exchange)
  }

  attempt(exchange: Exchange): void {
    for (const line of this.#late) setLine(exchange, line)
  }
}

function setLine(exchange: Exchange, line: HeaderLine): void {
  const value = line.valueFor(exchange)
  // What the client sent under the name must not stand in for what there is none of.
  if (value === '') exchange.removeHeader(line.name)
  else exchange.setHeader(line.name, value)
}
