import { isSafePath, type Params } from '#core'

/** A path made of a route's parameters, compiled: texts with the parameter behind each. */
export class Pattern {
  readonly #texts: string[] = []
  readonly #names: string[] = []
  readonly #end: string

  constructor(path: string) {
    let text = ''
    for (const segment of path.split('/').slice(1)) {
      text += '/'
      const name = nameIn(segment)
      if (name === undefined) text += segment
      else {
        this.#texts.push(text)
        this.#names.push(name)
        text = ''
      }
    }
    this.#end = text
  }

  /** The path for one request. Slashes that would come to stand at its beginning are one. */
  fill(params: Params): string {
    let path = ''
    for (let i = 0; i < this.#names.length; i++) {
      path += this.#texts[i]
      path += params[this.#names[i] as string] ?? ''
    }
    path += this.#end
    let start = 0
    while (path[start + 1] === '/') start++
    return start === 0 ? path : path.slice(start)
  }
}

/** What is wrong with a pattern for a route's path, as the end of a sentence. */
export function patternProblem(pattern: string, route: string): string | undefined {
  const known = route.split('/').map(nameIn)
  const segments = pattern.split('/').slice(1)
  const unknown = segments.map(nameIn).find((name) => name !== undefined && !known.includes(name))
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(pattern) || /[?#]/.test(pattern) || !isSafePath(pattern)) {
    return 'must be a path as it is sent, without a query'
  }
  if (/[{}]/.test(pattern)) return 'must name parameters as the route’s path does, such as ":id"'
  if (segments.slice(0, -1).includes('*')) return 'must have its star at the end'
  return unknown === undefined ? undefined : `names "${unknown}", which the route’s path has not`
}

function nameIn(segment: string): string | undefined {
  if (segment === '*') return '*'
  return segment.startsWith(':') ? segment.slice(1) : undefined
}
