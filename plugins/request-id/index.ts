import {
  checked,
  contextKey,
  definePlugin,
  type Exchange,
  isFraming,
  isHeaderName,
  LOGGER,
  type Logger,
  type Plugin,
  type SettledHead,
  Type,
} from '#core'

/** Makes the id of an exchange that came without one. */
export type Generate = (exchange: Exchange) => string

/**
 * Gives each exchange one id on its whole way: a trusted proxy's, else one of its own. It goes
 * upstream, to the client, and into logs and problem documents. Put it first in the gateway's
 * plugins.
 *
 * @example
 * plugins: [requestId(), accessLog()]
 */
export const requestId = definePlugin({
  name: 'request-id',
  options: Type.Object({
    header: Type.Optional(
      checked(
        Type.String({
          default: 'x-request-id',
          description: 'The header that carries the id, in requests and answers.',
        }),
        headerProblem,
      ),
    ),
    answer: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether answers carry the id too.' }),
    ),
    maxLength: Type.Optional(
      Type.Integer({
        default: 128,
        minimum: 1,
        maximum: 1_024,
        description: 'The longest id taken from a proxy, in characters; a longer one is replaced.',
      }),
    ),
    generate: Type.Optional(
      Type.Unsafe<Generate | null>({
        callback: 'optional',
        default: null,
        description:
          'Makes the id where none came: visible ASCII of at most `maxLength`. By default the gateway’s own id, of its start, a random number and a counter.',
      }),
    ),
  }),
  inject: [LOGGER],
  create: (options, log): Plugin => new RequestId(options, log),
})

const VISIBLE = /^[\x21-\x7e]+$/
const GENERATED = contextKey<true>('request-id.generated')

interface Options {
  readonly header: string
  readonly answer: boolean
  readonly maxLength: number
  readonly generate: Generate | null
}

class RequestId implements Plugin {
  readonly #options: Options
  readonly #log: Logger
  #hasWarned = false
  readonly answer?: (exchange: Exchange, answer: SettledHead) => void

  constructor(options: Options, log: Logger) {
    this.#options = options
    this.#log = log
    const { header } = options
    if (options.answer) this.answer = (exchange, answer) => answer.setHeader(header, exchange.id)
  }

  request(exchange: Exchange): void {
    this.#identify(exchange)
    exchange.setHeader(this.#options.header, exchange.id)
  }

  /** Requests that no route took, or none could, pass here alone. */
  refused(exchange: Exchange): undefined {
    this.#identify(exchange)
  }

  #identify(exchange: Exchange): void {
    const { header, generate } = this.#options
    if (exchange.client.trusted) {
      const given = exchange.header(header)
      if (given !== undefined && this.#isFit(given)) {
        exchange.identify(given)
        return
      }
    }
    if (generate === null || exchange.flow.context.get(GENERATED)) return
    exchange.flow.context.set(GENERATED, true)
    const made = generate(exchange)
    if (this.#isFit(made)) exchange.identify(made)
    else this.#warn(made)
  }

  #isFit(id: unknown): id is string {
    return typeof id === 'string' && id.length <= this.#options.maxLength && VISIBLE.test(id)
  }

  #warn(made: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#log.warn({ made }, 'request-id: generate gave no id of visible ASCII; ours is used')
  }
}

function headerProblem(header: string): string | undefined {
  if (!isHeaderName(header)) return `must be a header name such as "x-request-id", got "${header}"`
  return isFraming(header) ? `"${header}" is the gateway's own to write` : undefined
}
