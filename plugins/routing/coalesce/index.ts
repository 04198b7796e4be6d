import { CLOCK, definePlugin, duration, type Resolved, size, Type } from '#core'
import { Coalesce } from './coalesce.ts'

const Options = Type.Object({
  key: Type.Optional(
    Type.Object(
      {
        headers: Type.Optional(
          Type.Array(Type.String({ minLength: 1 }), {
            default: [],
            description:
              'Headers that belong to the key though requests with them are not shared otherwise (`authorization`, `cookie`), or though they make no difference elsewhere.',
          }),
        ),
        ignore: Type.Optional(
          Type.Array(Type.String({ minLength: 1 }), {
            default: [],
            description:
              'Headers that make no difference, beside those that are known to make none.',
          }),
        ),
      },
      { default: {}, description: 'What must be equal, beside upstream, host, path and query.' },
    ),
  ),
  maxBytes: Type.Optional(
    size({ default: '1mb', description: 'A larger answer is not shared. It is kept until whole.' }),
  ),
  maxKept: Type.Optional(
    size({ default: '64mb', description: 'So much of all answers together is kept at one time.' }),
  ),
  wait: Type.Optional(
    duration({
      default: '5s',
      description: 'How long one waits for another’s answer before it asks itself.',
    }),
  ),
  maxAlone: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 10,
      description:
        'So many of those who waited for an answer that is not shared ask at one time; the others follow as these end.',
    }),
  ),
  failures: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 2,
      description: 'After so many failures in a row those who still wait are answered 503.',
    }),
  ),
  remember: Type.Optional(
    duration({
      default: '10s',
      description: 'For how long nobody waits where an answer turned out not to be shared.',
    }),
  ),
})

export type CoalesceOptions = Resolved<typeof Options>

/**
 * Lets identical GETs that are under way at one time share one request: the first asks, the others
 * wait and get the same answer once it is whole. What identical means is what the endpoint would be
 * sent: upstream, target, and every header but those known to make no difference; what the answer's
 * Vary names counts in any case. Requests with credentials are not shared unless the key names these,
 * nor are answers that set a cookie or are private. An answer is whole or not shared at all.
 *
 * Stands behind a route's `coalesce`.
 *
 * @example
 * routes: [{ path: '/catalogue', to: 'shop', coalesce: {} }]
 * @example
 * routes: [{ path: '/me', to: 'shop', coalesce: { key: { headers: ['authorization'] } } }]
 */
export const coalesce = definePlugin({
  name: 'coalesce',
  options: Options,
  inject: [CLOCK],
  create: (options, clock) => new Coalesce(options, clock),
})
