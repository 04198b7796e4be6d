import {
  type CredentialSource,
  checked,
  duration,
  isFraming,
  isHeaderName,
  type Resolved,
  Type,
} from '#core'
import { algorithmsProblem, keyProblem, SUPPORTED, type WrittenKey } from './algorithms.ts'

/** Where the token may stand. */
type From = Exclude<CredentialSource, 'basic' | { readonly query: string }>

const Fields = Type.Object({
  jwks: Type.Optional(
    checked(
      Type.String({
        default: '',
        description: 'The URL of the key set (RFC 7517) of whoever signs the tokens.',
      }),
      urlProblem,
    ),
  ),
  keys: Type.Optional(
    checked(
      Type.Array(Type.Unsafe<WrittenKey>({}), {
        default: [],
        shown: '(string | JWK)[]',
        description: 'Public keys in place of `jwks`: PEM texts or JWKs.',
      }),
      (keys) => keys.map(keyProblem).find((problem) => problem !== undefined),
    ),
  ),
  secrets: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'In place of keys, secrets of HMAC, one of which has signed: at least as long as the digest (32 bytes for HS256).',
    }),
  ),
  algorithms: Type.Optional(
    Type.Array(Type.Enum(SUPPORTED), {
      default: [],
      description:
        'Which signatures count; by default any that the keys are for, and HS256 for secrets.',
    }),
  ),
  issuer: Type.Optional(
    oneOrMore('Who must have issued it (`iss`); anybody who has the key if empty.'),
  ),
  audience: Type.Optional(
    oneOrMore('Whom it must be for (`aud`), one of these; for anybody if empty.'),
  ),
  type: Type.Optional(
    Type.String({
      default: '',
      description: 'The `typ` that its header must have, such as `at+jwt` (RFC 9068).',
    }),
  ),
  clockTolerance: Type.Optional(
    duration({ default: '30s', description: 'How far clocks may differ, for `exp` and `nbf`.' }),
  ),
  required: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      default: ['exp'],
      description: 'Claims without which a token is not accepted (401).',
    }),
  ),
  scopes: Type.Optional(
    Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$' }), {
      default: [],
      description: 'Scopes that it must have, all of them, in `scope` or `scp` (403).',
    }),
  ),
  claims: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
      default: {},
      description:
        'What claims must be (403): equal, or a list that has it. `realm_access.roles` looks inside.',
    }),
  ),
  subject: Type.Optional(
    Type.String({
      minLength: 1,
      default: 'sub',
      description: 'The claim that names the client; a token without it is not accepted.',
    }),
  ),
  headers: Type.Optional(
    checked(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description:
          'Headers that tell endpoints a claim, such as `{ "x-user": "sub" }`. No client can send them itself.',
      }),
      headersProblem,
    ),
  ),
  from: Type.Optional(
    checked(
      Type.Unsafe<From | readonly From[]>({
        default: 'bearer',
        shown: "'bearer' | { header \\| cookie: string }, or a list of them",
        description: 'Where the token stands; of several the first that is there.',
      }),
      fromProblem,
    ),
  ),
  forward: Type.Optional(
    Type.Boolean({ default: true, description: 'Whether endpoints get the token itself too.' }),
  ),
  optional: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Lets requests without a token pass, as nobody. A bad token is refused still.',
    }),
  ),
  realm: Type.Optional(
    Type.String({
      pattern: '^[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*$',
      default: '',
      description: 'The name of what is protected, in `WWW-Authenticate`.',
    }),
  ),
  remember: Type.Optional(
    Type.Integer({
      minimum: 2,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Verified tokens that are remembered until they expire.',
    }),
  ),
  refresh: Type.Optional(
    checked(
      duration({ default: '10m', description: 'How often the key set of `jwks` is fetched.' }),
      (ms) => (ms >= 1_000 ? undefined : 'must be at least 1 s'),
    ),
  ),
  cooldown: Type.Optional(
    checked(
      duration({
        default: '30s',
        description:
          'An unknown key id has it fetched at once, but not sooner after the last time.',
      }),
      (ms) => (ms >= 1_000 ? undefined : 'must be at least 1 s'),
    ),
  ),
  timeout: Type.Optional(
    checked(
      duration({ default: '5s', description: 'How long fetching the key set may take.' }),
      (ms) => (ms > 0 ? undefined : 'must be longer than 0'),
    ),
  ),
})

export const Options = checked(Fields, problem)

export type JwtOptions = Resolved<typeof Options>

function problem(options: Resolved<typeof Fields>): string | undefined {
  const { jwks, keys, secrets } = options
  const sources = [jwks !== '', keys.length > 0, secrets.length > 0].filter(Boolean).length
  if (sources === 0) return 'needs one of `jwks`, `keys` and `secrets`: what tokens are verified by'
  // Public keys and secrets side by side are what key confusion is made of.
  if (sources > 1) return 'takes one of `jwks`, `keys` and `secrets`, not several'
  return algorithmsProblem(options)
}

function oneOrMore(description: string) {
  return Type.Union([Type.String(), Type.Array(Type.String({ minLength: 1 }))], {
    default: '',
    description,
  })
}

function urlProblem(written: string): string | undefined {
  if (written === '') return undefined
  const isRight = URL.canParse(written) && /^https?:$/.test(new URL(written).protocol)
  return isRight ? undefined : 'must be a URL such as "https://id.example.com/jwks.json"'
}

function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, claim] of Object.entries(headers)) {
    if (!isHeaderName(name)) return `has "${name}", which is no header name`
    if (isFraming(name)) return `has "${name}", which is the gateway's own`
    if (claim === '') return `must name a claim for "${name}"`
  }
  return undefined
}

function fromProblem(from: unknown): string | undefined {
  if (!Array.isArray(from)) return placeProblem(from)
  if (from.length === 0) return 'must name at least one place'
  return from.map(placeProblem).find((wrong) => wrong !== undefined)
}

function placeProblem(place: unknown): string | undefined {
  if (place === 'bearer') return undefined
  const wanted = 'must be "bearer", or one of { header }, { cookie } with a name'
  if (typeof place !== 'object' || place === null) return wanted
  const [kind = '', ...others] = Object.keys(place)
  const name: unknown = (place as Record<string, unknown>)[kind]
  if (others.length > 0 || !['header', 'cookie'].includes(kind)) return wanted
  return typeof name === 'string' && isHeaderName(name) ? undefined : wanted
}
