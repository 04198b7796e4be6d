import { checked, duration, type Resolved, redisOptions, Type } from '#core'
import { REMEDY, secretProblem } from './secret.ts'

// RFC 9110, 5.6.2: what names of headers and cookies are made of.
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]"
const SHORTEST_MS = 10_000

const life = (byDefault: '1h' | '24h' | '30m', description: string) =>
  Type.Optional(
    checked(duration({ default: byDefault, description }), (ms) =>
      ms === 0 || ms >= SHORTEST_MS ? undefined : 'must be 0 or 10s at least',
    ),
  )

export const Options = checked(
  Type.Object({
    secret: Type.Optional(
      checked(
        Type.Union([Type.String(), Type.Array(Type.String())], {
          default: [],
          description:
            'Signs the cookie: 32 characters or more that nobody can guess. Of several the first signs and all are valid, so that one can take the place of another.',
        }),
        secretProblem,
      ),
    ),
    learn: Type.Optional(
      Type.Union(
        [
          Type.Object({ cookie: Type.String({ pattern: `^${TOKEN}+$` }) }),
          Type.Object({ header: Type.String({ pattern: `^${TOKEN}+$` }) }),
          Type.Null(),
        ],
        {
          default: null,
          description:
            'In place of a cookie of the gateway’s own: the application’s cookie, or the header of its answers and of requests, that names the session.',
        },
      ),
    ),
    mode: Type.Optional(
      Type.Enum(['prefer', 'strict'], {
        default: 'prefer',
        description:
          'When the endpoint of a session cannot take it: `prefer` goes to another, which has the session from then on; `strict` answers 503.',
      }),
    ),
    name: Type.Optional(
      Type.String({
        default: 'sluice-{upstream}',
        pattern: `^(${TOKEN}|\\{upstream\\})+$`,
        description:
          'The cookie’s name. A name without `{upstream}` is one cookie for all upstreams of the use.',
      }),
    ),
    idle: life(
      '1h',
      'How long a session may do nothing; up to a quarter longer for the signed cookie. 0 for no limit.',
    ),
    lifetime: life('24h', 'How long the signed cookie binds at most. 0 for no limit.'),
    path: Type.Optional(
      Type.String({
        default: '/',
        pattern: '^/[!-:<-~]*$',
        description: 'The cookie’s Path.',
      }),
    ),
    domain: Type.Optional(
      Type.String({
        default: '',
        pattern: '^(\\.?[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$',
        description: 'The cookie’s Domain; empty binds it to the host that set it.',
      }),
    ),
    sameSite: Type.Optional(
      Type.Enum(['lax', 'strict', 'none'], {
        default: 'lax',
        description: 'The cookie’s SameSite. `none` takes `secure: "always"`.',
      }),
    ),
    secure: Type.Optional(
      Type.Enum(['auto', 'always'], {
        default: 'auto',
        description: 'When the cookie is Secure: where the client used TLS, or always.',
      }),
    ),
    remember: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 10_000_000,
        default: 20_000,
        description:
          'How many sessions are kept in memory: verified cookies, at about 250 bytes each, or learned sessions, at about 400.',
      }),
    ),
    redis: redisOptions({
      description: 'Where learned sessions are kept, so that several gateways agree.',
    }),
    redisPrefix: Type.Optional(
      Type.String({ default: 'sluice:session:', description: 'What their keys begin with.' }),
    ),
    redisTimeout: Type.Optional(
      checked(
        duration({
          default: '10ms',
          description: 'For an answer of Redis; a request waits no longer.',
        }),
        (ms) => (ms === 0 ? 'must be longer than 0' : undefined),
      ),
    ),
    fresh: Type.Optional(
      duration({
        default: '1s',
        description: 'For how long a session that Redis told of is used without asking again.',
      }),
    ),
  }),
  combinationProblem,
)

export type StickyOptions = Resolved<typeof Options>

/** Of the options, those that do not go with every other. */
interface Combined {
  readonly secret: string | readonly string[]
  readonly learn: unknown
  readonly redis: { readonly url: string }
  readonly name: string
  readonly path: string
  readonly domain: string
  readonly sameSite: string
  readonly secure: string
}

function combinationProblem(options: Combined): string | undefined {
  const { learn, secret, redis, name, path, domain, sameSite, secure } = options
  if (learn === null && secret.length === 0) return `has no secret: ${REMEDY}`
  if (learn === null && redis.url !== '') return 'has a redis, which only `learn` uses'
  if (sameSite === 'none' && secure !== 'always')
    return 'has sameSite "none" without secure "always"'
  if (/^__(Host|Secure)-/i.test(name) && secure !== 'always') {
    return `has the name "${name}", which takes secure "always"`
  }
  if (/^__Host-/i.test(name) && (path !== '/' || domain !== '')) {
    return `has the name "${name}", which takes the path "/" and no domain`
  }
  return undefined
}
