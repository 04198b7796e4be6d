import { remedy } from './config/suggest.ts'

/**
 * What may stand in braces, and how it is read. A name that ends in `.*` takes the rest of what
 * stands there as its argument: `param.*` reads `{param.id}` with `id`.
 */
export type Placeholders<Subject> = Readonly<
  Record<string, (subject: Subject, argument: string) => string>
>

interface Part<Subject> {
  /** The text before the placeholder. */
  readonly text: string
  readonly name: string
  readonly argument: string
  readonly read: (subject: Subject, argument: string) => string
}

/**
 * A text with placeholders, taken apart once: `{client.ip}` stands for a value, `{{` and `}}` for
 * the braces themselves.
 */
export class Template<Subject> {
  readonly #parts: readonly Part<Subject>[]
  readonly #rest: string

  /** @throws TypeError that names the placeholder which is unknown, and the nearest one */
  constructor(text: string, placeholders: Placeholders<Subject>) {
    const parts: Part<Subject>[] = []
    let before = ''
    let end = 0
    for (const { 0: found, 1: inside, index } of text.matchAll(BRACES)) {
      before += text.slice(end, index)
      end = index + found.length
      if (inside === undefined) {
        before += brace(found)
        continue
      }
      parts.push({ text: before, ...lookUp(inside, placeholders) })
      before = ''
    }
    this.#parts = parts
    this.#rest = before + text.slice(end)
  }

  /** Whether it says the same for every subject. */
  get isLiteral(): boolean {
    return this.#parts.length === 0
  }

  /** Whether any of these placeholders stands in it, named without their arguments. */
  usesAny(names: readonly string[]): boolean {
    return this.#parts.some(({ name }) => names.includes(name))
  }

  render(subject: Subject): string {
    let text = ''
    for (const part of this.#parts) text += part.text + part.read(subject, part.argument)
    return text + this.#rest
  }
}

/** What is wrong with a template, as a sentence; undefined if nothing is. */
export function templateProblem<Subject>(
  text: string,
  placeholders: Placeholders<Subject>,
): string | undefined {
  try {
    new Template(text, placeholders)
    return undefined
  } catch (error: unknown) {
    return error instanceof Error ? error.message : String(error)
  }
}

const BRACES = /\{\{|\}\}|\{([^{}]*)\}|\{/g

function brace(found: string): string {
  if (found === '{') throw new TypeError('a "{" is not closed; write {{ for the character itself')
  return found.charAt(0)
}

function lookUp<Subject>(
  inside: string,
  placeholders: Placeholders<Subject>,
): Omit<Part<Subject>, 'text'> {
  const dot = inside.indexOf('.')
  const argument = dot < 0 ? '' : inside.slice(dot + 1)
  for (const name of [inside, `${inside.slice(0, dot)}.*`]) {
    const isArgued = name.endsWith('.*')
    if (!Object.hasOwn(placeholders, name) || (isArgued && argument === '')) continue
    const read = placeholders[name]
    if (read !== undefined) return { name, argument: isArgued ? argument : '', read }
  }
  const allowed = Object.keys(placeholders).map((name) => name.replace('*', argument || 'NAME'))
  throw new TypeError(`unknown placeholder "{${inside}}"; ${remedy(inside, allowed)}`)
}
