import {
  checked,
  definePlugin,
  type Exchange,
  type Headers,
  type Plugin,
  type Refusal,
  Type,
  type Upstream,
} from '#core'
import { bodyProblem, fixedBody, fixedHeaders, withType } from './fixed-answer.ts'

/**
 * Stands in for an endpoint's answer when there is none: by an answer that is always the same, or by
 * another upstream, which gets only what may be sent again. What endpoints answer passes as it is.
 *
 * Stands behind a route's `fallback`.
 *
 * @example
 * routes: [{ path: '/news', to: 'news', fallback: { to: 'archive', on: [502, 503, 504] } }]
 * @example
 * routes: [{ path: '/tips', to: 'tips', fallback: { status: 200, body: '[]' } }]
 */
export const fallback = definePlugin({
  name: 'fallback',
  options: checked(
    Type.Object({
      on: Type.Optional(
        Type.Array(Type.Enum([502, 503, 504]), {
          default: [503],
          minItems: 1,
          description:
            'The gateway’s own errors that it stands in for: no endpoint is ready or a breaker refuses (503), the last attempt failed (502), it took too long (504).',
        }),
      ),
      to: Type.Optional(Type.String({ default: '', description: 'Another upstream.' })),
      status: Type.Optional(
        Type.Union([Type.Literal(0), Type.Integer({ minimum: 200, maximum: 599 })], {
          default: 0,
          description: 'The status of an answer that is always the same, in place of `to`.',
        }),
      ),
      headers: Type.Optional(fixedHeaders),
      body: Type.Optional(fixedBody),
    }),
    problem,
  ),
  create: ({ on, to, status, headers, body }) =>
    to === '' ? new FixedAnswer(on, status, headers, body) : new OtherUpstream(on, to),
})

class FixedAnswer implements Plugin {
  readonly #on: readonly number[]
  readonly #status: number
  readonly #headers: Headers
  readonly #bytes: Uint8Array

  constructor(on: readonly number[], status: number, headers: Headers, body: string | Uint8Array) {
    this.#on = on
    this.#status = status
    this.#headers = withType(headers, body)
    this.#bytes = Buffer.from(body)
  }

  fallback(exchange: Exchange, { status }: Refusal): void {
    if (this.#on.includes(status)) exchange.reply(this.#status, this.#headers, this.#bytes)
  }
}

class OtherUpstream implements Plugin {
  readonly #on: readonly number[]
  readonly #name: string
  #upstream: Upstream | undefined = undefined

  constructor(on: readonly number[], name: string) {
    this.#on = on
    this.#name = name
  }

  upstream(upstream: Upstream): void {
    if (upstream.name === this.#name) this.#upstream = upstream
  }

  start(): void {
    if (this.#upstream !== undefined) return
    throw new Error(`fallback: "${this.#name}" is not an upstream of the route’s`)
  }

  fallback({ flow }: Exchange, { status }: Refusal): void {
    if (this.#upstream !== undefined && this.#on.includes(status)) flow.upstream = this.#upstream
  }
}

interface Options {
  readonly to: string
  readonly status: number
  readonly headers: Headers
  readonly body: string | Uint8Array
}

function problem({ to, status, headers, body }: Options): string | undefined {
  const isFixed = status > 0 || body.length > 0 || Object.keys(headers).length > 0
  if (to !== '' && isFixed) return ': an upstream or a fixed answer, not both'
  if (to === '' && status === 0) return '/to or /status: one of them is needed'
  return bodyProblem({ status, body })
}
