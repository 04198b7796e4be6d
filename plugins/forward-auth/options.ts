import { checked, duration, isFraming, isHeaderName, type Resolved, Type } from '#core'

export const Options = Type.Object({
  url: checked(
    Type.String({ description: 'The service to ask, by GET. Redirects of it are not followed.' }),
    urlProblem,
  ),
  send: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: ['authorization', 'cookie', 'accept', 'user-agent', 'x-requested-with'],
        description: 'Headers of the request that the service gets, beside `X-Forwarded-*`.',
      }),
      sentProblem,
    ),
  ),
  copy: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: [],
        description:
          'Headers of its answer that go to the endpoint. No client can send them itself.',
      }),
      namesProblem,
    ),
  ),
  subject: Type.Optional(
    Type.String({
      default: '',
      description: 'The one of `copy` that names the client; the first of them if empty.',
    }),
  ),
  answer: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: ['location', 'www-authenticate', 'set-cookie', 'content-type', 'cache-control'],
        description: 'Headers of its answer that go to the client where that is the answer.',
      }),
      namesProblem,
    ),
  ),
  cookies: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether cookies that it sets reach clients that are let in too.',
    }),
  ),
  timeout: Type.Optional(
    checked(duration({ default: '2s', description: 'How long it may take.' }), (ms) =>
      ms > 0 ? undefined : 'must be longer than 0',
    ),
  ),
  onError: Type.Optional(
    Type.Enum(['closed', 'open'], {
      default: 'closed',
      description:
        'Where it cannot be reached, is too late or answers 5xx: 503, or in without a name.',
    }),
  ),
  cache: Type.Optional(
    Type.Object(
      {
        for: Type.Optional(
          duration({ default: 0, description: 'How long a 2xx counts; 0 asks every time.' }),
        ),
        max: Type.Optional(
          Type.Integer({
            minimum: 2,
            maximum: 1_000_000,
            default: 10_000,
            description: 'Answers that are remembered.',
          }),
        ),
        ignorePath: Type.Optional(
          Type.Boolean({
            default: false,
            description:
              'Takes one answer for all methods, paths and queries of a host: for services that look at who it is alone.',
          }),
        ),
      },
      { default: {}, description: 'Remembers whom it let in, by everything that it was told.' },
    ),
  ),
})

export type ForwardAuthOptions = Resolved<typeof Options>

// Told by the gateway itself: what a client sends under these names must not stand beside it.
const OWN = /^(x-forwarded-.*|forwarded|host|x-real-ip)$/i

function urlProblem(written: string): string | undefined {
  if (!URL.canParse(written) || !/^https?:$/.test(new URL(written).protocol)) {
    return 'must be a URL such as "http://auth.internal:4180/verify"'
  }
  return new URL(written).username === '' ? undefined : 'must have no user and no password'
}

function sentProblem(names: readonly string[]): string | undefined {
  const own = names.find((name) => OWN.test(name))
  if (own !== undefined) return `cannot list "${own}": the gateway tells it itself`
  return namesProblem(names)
}

function namesProblem(names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !isHeaderName(name))
  if (wrong !== undefined) return `must list header names, got "${wrong}"`
  const framing = names.find(isFraming)
  return framing === undefined ? undefined : `cannot list "${framing}", which is the gateway's own`
}
