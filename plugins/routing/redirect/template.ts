import type { Exchange } from '#core'

/** A place in a template that each request fills. */
type Hole = 'host' | 'path' | 'query' | { readonly param: string }

const HOLE = /\{(host|path|query|param\.([A-Za-z_][A-Za-z0-9_]*|\*))\}/g

/**
 * A place to redirect to, compiled. What a request puts into it stays percent-encoded as it came,
 * and can neither end the header nor name another host.
 */
export class Template {
  /** The texts before each hole. */
  readonly #texts: string[] = []
  readonly #holes: Hole[] = []
  readonly #end: string
  readonly #isPath: boolean
  readonly #hasQuery: boolean
  readonly #namesHost: boolean

  constructor(text: string) {
    let start = 0
    for (const found of text.matchAll(HOLE)) {
      this.#texts.push(text.slice(start, found.index))
      this.#holes.push(found[2] === undefined ? (found[1] as Hole) : { param: found[2] })
      start = found.index + found[0].length
    }
    this.#end = text.slice(start)
    this.#isPath = !isUrl(text)
    this.#hasQuery = text.includes('?')
    this.#namesHost = this.#holes.includes('host')
  }

  /** The place for one request; undefined where it is to name a host and the client named none. */
  fill(exchange: Exchange): string | undefined {
    if (this.#namesHost && !exchange.header('host')) return undefined
    let place = ''
    for (let i = 0; i < this.#holes.length; i++) {
      place += this.#texts[i]
      place += escaped(this.#value(this.#holes[i] as Hole, exchange))
    }
    place += this.#end
    // Two slashes at the beginning would name a host of the client's choice.
    return this.#isPath ? place.replace(/^\/{2,}/, '/') : place
  }

  #value(hole: Hole, exchange: Exchange): string {
    if (typeof hole === 'object') return exchange.params[hole.param] ?? ''
    if (hole === 'host') return hostName(exchange.header('host') ?? '')
    const { target } = exchange
    const mark = target.indexOf('?')
    if (hole === 'path') return mark < 0 ? target : target.slice(0, mark)
    const query = mark < 0 ? '' : target.slice(mark + 1)
    if (query === '') return ''
    return (this.#hasQuery ? '&' : '?') + query
  }
}

/** What is wrong with a template for a route's path, as the end of a sentence. */
export function templateProblem(text: string, route: string): string | undefined {
  const plain = text.replace(HOLE, '')
  const wrong = /\{[^}]*\}?/.exec(plain)?.[0]
  if (wrong !== undefined) {
    return `has "${wrong}"; allowed: {host}, {path}, {query} and {param.NAME}`
  }
  if (!/^[\x21-\x7e]*$/.test(text) || plain.includes('\\')) return 'must be a URL as it is sent'
  if (!isUrl(text) && !/^(\/(?!\/)|\{path\})/.test(text)) {
    return 'must begin with "/", "{path}", "http://" or "https://"'
  }
  const known = route.split('/').map((segment) => segment.replace(/^:/, ''))
  for (const [, , param] of text.matchAll(HOLE)) {
    if (param !== undefined && !known.includes(param)) {
      return `names "${param}", which the route’s path has not`
    }
  }
  return isUrl(text) ? authorityProblem(text) : undefined
}

// A parameter within the authority could make it any other: "example.com{param.x}" with ".evil.test".
function authorityProblem(text: string): string | undefined {
  const authority = /^https?:\/\/((?:\{host\}|[^/?#{])*)(.*)$/.exec(text)
  if (!authority?.[1] || authority[1].includes('@')) return 'must name a host'
  return /^($|[/?#]|\{(path|query)\})/.test(authority[2] ?? '')
    ? undefined
    : 'must have no parameter within its host'
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text)
}

/** A Host without its port, which is the gateway's and not that of the place to go to. */
function hostName(host: string): string {
  const colon = host.lastIndexOf(':')
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host
}

// Browsers take a backslash for a slash; nothing else of a request's target means anything else here.
function escaped(value: string): string {
  return value.replace(/[^\x21-\x7e]|\\/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
