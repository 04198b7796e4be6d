import {
  checked,
  definePlugin,
  type Endpoint,
  type Exchange,
  type Flow,
  hash32,
  IDENTITY,
  type Plugin,
  RNG,
  type Rng,
  Type,
  type Upstream,
} from '#core'
import { problemWith, Weights } from './weights.ts'

const TWO_TO_32 = 2 ** 32
// RFC 9110, 5.6.2: what header and cookie names are made of. Nobody could send another.
const NAME = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

/**
 * Sends shares of the requests to several upstreams: by chance for each request, or by a hash of
 * who sends it, so that a person stays on one side. Nothing is remembered: a person's point on
 * [0, 1) is the hash, and weights are ranges on it in the order of the config. The side that was
 * chosen is `flow.upstream`. A flow that prefers an endpoint, as a bound session's does, stays on that
 * endpoint's side while the side has a share and takes it.
 *
 * Stands behind a route's `to` and `split`.
 *
 * @example
 * routes: [{ path: '/', to: { stable: 95, canary: 5 }, split: { by: { cookie: 'session' } } }]
 */
export const split = definePlugin({
  name: 'split',
  options: Type.Object({
    weights: checked(
      Type.Record(Type.String(), Type.Number({ minimum: 0 }), {
        description: 'Shares by the name of an upstream of the route, relative to each other.',
      }),
      problemWith,
    ),
    by: Type.Optional(
      Type.Union(
        [
          Type.Literal('chance'),
          Type.Literal('ip'),
          Type.Literal('identity'),
          Type.Object({ cookie: Type.String({ pattern: NAME }) }),
          Type.Object({ header: Type.String({ pattern: NAME }) }),
        ],
        {
          default: 'chance',
          description:
            'What is hashed: `identity` is who the client is, as a plugin that authenticates found out. A request without one, or without the cookie or header, is drawn by chance, as all are by default.',
        },
      ),
    ),
    salt: Type.Optional(
      Type.String({
        default: '',
        description:
          'Hashed beside it. Routes of one salt put a person on the same side; the field’s own is the route’s name.',
      }),
    ),
  }),
  inject: [RNG],
  create: (options, rng) => new Split(options, rng),
})

interface Options {
  readonly weights: Readonly<Record<string, number>>
  readonly by:
    | 'chance'
    | 'ip'
    | 'identity'
    | { readonly cookie: string }
    | { readonly header: string }
  readonly salt: string
}

class Split implements Plugin {
  readonly weights: Weights
  readonly #rng: Rng
  readonly #identify: (exchange: Exchange) => string | undefined
  readonly #seed: number
  /** By place among the weights. */
  readonly #upstreams: (Upstream | undefined)[]

  constructor({ weights, by, salt }: Options, rng: Rng) {
    this.weights = new Weights(weights)
    this.#rng = rng
    this.#identify = identifier(by)
    this.#seed = hash32(salt)
    this.#upstreams = this.weights.names.map(() => undefined)
  }

  upstream(upstream: Upstream): void {
    const place = this.weights.names.indexOf(upstream.name)
    if (place >= 0) this.#upstreams[place] = upstream
  }

  start(): void {
    const missing = this.weights.names[this.#upstreams.indexOf(undefined)]
    if (missing !== undefined) throw new Error(`split: the route does not send to "${missing}"`)
  }

  request(exchange: Exchange): void {
    const { prefer } = exchange.flow
    const bound = prefer === undefined ? undefined : this.#sideOf(prefer, exchange.flow)
    if (bound !== undefined) {
      exchange.flow.upstream = bound
      return
    }
    const upstream = this.#upstreams[this.weights.at(this.#point(exchange))]
    if (upstream !== undefined) exchange.flow.upstream = upstream
  }

  /** The side that a session is bound to, for as long as it has a share. */
  #sideOf(endpoint: Endpoint, flow: Flow): Upstream | undefined {
    for (let place = 0; place < this.#upstreams.length; place++) {
      const side = this.#upstreams[place]
      if (side?.accepts(endpoint, flow) && this.weights.has(place)) return side
    }
    return undefined
  }

  #point(exchange: Exchange): number {
    const identity = this.#identify(exchange)
    // Nobody to keep on one side.
    if (identity === undefined || identity === '') return this.#rng.unit()
    return hash32(identity, this.#seed) / TWO_TO_32
  }
}

function identifier(by: Options['by']): (exchange: Exchange) => string | undefined {
  if (by === 'chance') return () => undefined
  if (by === 'ip') return (exchange) => exchange.client.address
  if (by === 'identity') return ({ flow }) => flow.context.get(IDENTITY)?.subject
  if ('cookie' in by) return (exchange) => exchange.cookie(by.cookie)
  return (exchange) => exchange.header(by.header)
}
