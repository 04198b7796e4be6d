import { type CredentialSource, checked, isFraming, isHeaderName, type Resolved, Type } from '#core'

/** How a digest is written. */
export const HASH = '^sha256:[0-9a-fA-F]{64}$'

type From = Exclude<CredentialSource, 'basic'>

const Fields = Type.Object({
  keys: Type.Optional(
    Type.Array(
      Type.Object({
        subject: Type.String({ minLength: 1, description: 'Whose key it is.' }),
        hash: checked(
          Type.String({ description: 'Its SHA-256, as `sha256:` and 64 hexadecimal digits.' }),
          hashProblem,
        ),
        claims: Type.Optional(
          Type.Record(Type.String(), Type.Unknown(), {
            default: {},
            description: 'What else is known of the client, for limits, logs and plugins.',
          }),
        ),
      }),
      {
        default: [],
        description: 'The keys. Two of one subject let it change from one to the other.',
      },
    ),
  ),
  file: Type.Optional(
    Type.String({
      default: '',
      description:
        'A file with more of them, a line each: the digest, a space, the subject. It is read again when it changes.',
    }),
  ),
  from: Type.Optional(
    checked(
      Type.Unsafe<From>({
        default: { header: 'x-api-key' },
        shown: "'bearer' | { header \\| cookie \\| query: string }",
        description: 'Where the key stands.',
      }),
      fromProblem,
    ),
  ),
  header: Type.Optional(
    checked(
      Type.String({
        default: '',
        description:
          'A header that tells endpoints whose key it is. No client can send it itself. None if empty.',
      }),
      headerProblem,
    ),
  ),
  forward: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Whether endpoints get the key too. One in the query goes there in any case.',
    }),
  ),
  optional: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Lets requests without a key pass, as nobody. An unknown key is refused still.',
    }),
  ),
})

export const Options = checked(Fields, ({ keys, file }) =>
  keys.length > 0 || file !== '' ? undefined : 'needs `keys`, a `file` of them, or both',
)

export type ApiKeyOptions = Resolved<typeof Options>

// The text itself may be a key that somebody forgot to hash: no message repeats it.
function hashProblem(hash: string): string | undefined {
  if (new RegExp(HASH).test(hash)) return undefined
  return 'must be "sha256:" and 64 hexadecimal digits: the SHA-256 of a key, not the key'
}

function headerProblem(name: string): string | undefined {
  if (name === '') return undefined
  if (!isHeaderName(name)) return `must be a header name, got "${name}"`
  return isFraming(name) ? `cannot be "${name}", which is the gateway's own` : undefined
}

function fromProblem(from: unknown): string | undefined {
  if (from === 'bearer') return undefined
  const wanted = 'must be "bearer", or one of { header }, { cookie }, { query } with a name'
  if (typeof from !== 'object' || from === null) return wanted
  const [kind = '', ...others] = Object.keys(from)
  const name: unknown = (from as Record<string, unknown>)[kind]
  if (others.length > 0 || !['header', 'cookie', 'query'].includes(kind)) return wanted
  if (typeof name !== 'string' || name === '') return wanted
  return kind === 'query' || isHeaderName(name) ? undefined : wanted
}
