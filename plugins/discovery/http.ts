import { CLOCK, checked, definePlugin, LOGGER, RNG, TRANSPORT, Type } from '#core'
import { authorityProblem } from './authority.ts'
import { HttpSource } from './http-source.ts'
import { DOCUMENT, HEADERS, pause, SOURCE } from './options.ts'
import { Watch } from './watch.ts'

/**
 * Reads endpoints from a JSON document that a server keeps, and asks over and over whether it has
 * changed, by its ETag where it has one.
 *
 * @example
 * upstreams: {
 *   users: {
 *     endpoints: httpEndpoints({
 *       url: 'https://registry.internal/users.json',
 *       headers: { authorization: `Bearer ${env('REGISTRY_TOKEN')}` },
 *     }),
 *     balance: powerOfTwo(),
 *   },
 * }
 */
export const httpEndpoints = definePlugin({
  name: 'http-endpoints',
  options: Type.Object({
    url: checked(
      Type.String({ minLength: 1, description: 'The document’s URL, http or https.' }),
      urlProblem,
    ),
    interval: pause({ default: '5s', description: 'Between two requests.' }),
    maxInterval: pause({
      default: '1m',
      description: 'The longest wait after faults: it doubles from `interval` up to this.',
    }),
    headers: HEADERS,
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.Optional(
            checked(
              Type.String({
                default: '',
                description:
                  'Certificates to trust in place of the system’s, in PEM, or a file of them, which is read at each look.',
              }),
              authorityProblem,
            ),
          ),
          servername: Type.Optional(
            Type.String({
              default: '',
              description: 'The name to verify and to ask for; the URL’s host if empty.',
            }),
          ),
        },
        { default: {}, description: 'How the server of an https URL is verified.' },
      ),
    ),
    timeout: pause({ default: '5s', description: 'For a whole answer.' }),
    ...DOCUMENT,
    ...SOURCE,
  }),
  inject: [TRANSPORT, CLOCK, RNG, LOGGER],
  create: (options, transport, clock, rng, log) => {
    const source = new HttpSource(options, transport)
    return { discover: (update) => new Watch(source, options, clock, rng, log).begin(update) }
  },
})

function urlProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be a URL of http or https'
  if (url.username === '' && url.password === '') return undefined
  return 'must have no user and no password: send them in `headers`'
}
