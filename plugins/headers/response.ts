import type { Exchange, SettledHead } from '#core'
import { type HeaderLine, type HeaderOptions, linesOf } from './rules.ts'

/** What `responseHeaders` does to one answer's head. */
export class AnswerChanges {
  readonly #remove: readonly string[]
  readonly #rename: readonly (readonly [name: string, to: string])[]
  readonly #set: readonly HeaderLine[]
  readonly #add: readonly HeaderLine[]

  constructor({ remove, rename, set, add }: HeaderOptions) {
    this.#remove = remove
    this.#rename = Object.entries(rename)
    this.#set = linesOf(set)
    this.#add = linesOf(add)
  }

  apply(exchange: Exchange, answer: SettledHead): void {
    for (const name of this.#remove) answer.removeHeader(name)
    for (const [name, to] of this.#rename) renameIn(answer, name, to)
    for (const line of this.#set) {
      const value = line.valueFor(exchange)
      if (value === '') answer.removeHeader(line.name)
      else answer.setHeader(line.name, value)
    }
    for (const line of this.#add) {
      const value = line.valueFor(exchange)
      if (value !== '') answer.addHeader(line.name, value)
    }
  }
}

function renameIn(answer: SettledHead, name: string, to: string): void {
  if (answer.header(name) === undefined) return
  const lower = name.toLowerCase()
  const values: string[] = []
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const value = answer.rawHeaders[i + 1]
    if (answer.rawHeaders[i]?.toLowerCase() === lower && value !== undefined) values.push(value)
  }
  answer.removeHeader(name)
  answer.removeHeader(to)
  for (const value of values) answer.addHeader(to, value)
}
