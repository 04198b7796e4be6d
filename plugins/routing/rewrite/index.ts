import {
  checked,
  definePlugin,
  type Exchange,
  isSafePath,
  type Plugin,
  type PrefixChange,
  Type,
} from '#core'
import { Pattern, patternProblem } from './pattern.ts'
import { prefixChange, segmentsOf, withPrefix } from './prefix.ts'

/**
 * Sends another path to the endpoint: another prefix, or one made of the route's parameters. Works
 * on the raw bytes: what is not replaced stays as it came, `%2F`, `//` and the query included.
 * `exchange.target` stays what the client sent.
 *
 * Stands behind a route's `rewrite`.
 *
 * @example
 * routes: [{ path: '/users', to: 'users', rewrite: { prefix: '/v1' } }]
 */
export const rewrite = definePlugin({
  name: 'rewrite',
  options: checked(
    Type.Object({
      prefix: Type.Optional(
        Type.String({
          default: '',
          description:
            'Stands in place of the route’s path up to its first parameter; `/` strips that. This or `path`.',
        }),
      ),
      path: Type.Optional(
        Type.String({
          default: '',
          description: 'The whole path, with parameters of the route’s. This or `prefix`.',
        }),
      ),
      of: Type.String({
        minLength: 1,
        description: 'The path of the route; the field fills it in.',
      }),
    }),
    changeProblem,
  ),
  create: ({ prefix, path, of }) =>
    path === '' ? new PrefixRewrite(prefixChange(of, prefix)) : new PatternRewrite(path),
})

interface Options {
  readonly prefix: string
  readonly path: string
  readonly of: string
}

function changeProblem({ prefix, path, of }: Options): string | undefined {
  if ((prefix === '') === (path === '')) return 'must have either prefix or path'
  if (path !== '') {
    const problem = patternProblem(path, of)
    return problem === undefined ? undefined : `/path ${problem}`
  }
  if (prefix === '/') return undefined
  const isPath = /^(\/[\x21-\x7e]+)+$/.test(prefix) && !/\/\/|[?#]|\/$/.test(prefix)
  if (isPath && isSafePath(prefix)) return undefined
  return '/prefix must look like "/v1", without a slash at its end, or be "/"'
}

class PrefixRewrite implements Plugin {
  readonly #change: PrefixChange
  readonly #segments: number

  constructor(change: PrefixChange) {
    this.#change = change
    this.#segments = segmentsOf(change.from)
  }

  request(exchange: Exchange): void {
    const { target } = exchange
    const query = queryOf(target)
    const path = target.slice(0, query)
    const replaced = withPrefix(path, this.#segments, this.#change.to)
    exchange.rewrite(replaced + target.slice(query), this.#change)
  }
}

class PatternRewrite implements Plugin {
  readonly #pattern: Pattern

  constructor(path: string) {
    this.#pattern = new Pattern(path)
  }

  request(exchange: Exchange): void {
    const { target } = exchange
    exchange.rewrite(this.#pattern.fill(exchange.params) + target.slice(queryOf(target)))
  }
}

/** Where the query begins, its question mark included. */
function queryOf(target: string): number {
  const mark = target.indexOf('?')
  return mark < 0 ? target.length : mark
}
