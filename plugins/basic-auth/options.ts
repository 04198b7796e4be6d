import { checked, duration, isFraming, isHeaderName, type Resolved, Type } from '#core'
import { hashProblem } from './password-hash.ts'

const Fields = Type.Object({
  users: Type.Optional(
    Type.Array(
      Type.Object({
        name: checked(Type.String({ minLength: 1, description: 'The user.' }), (name) =>
          name.includes(':') ? 'must have no colon: that ends the name' : undefined,
        ),
        hash: checked(
          Type.String({ description: 'The scrypt hash, `$scrypt$ln=…,r=…,p=…$salt$hash`.' }),
          hashProblem,
        ),
      }),
      { default: [], description: 'The users.' },
    ),
  ),
  file: Type.Optional(
    Type.String({
      default: '',
      description:
        'A file with more of them, a line each: the name, a colon, the hash. It is read again when it changes.',
    }),
  ),
  realm: Type.Optional(
    Type.String({
      pattern: '^[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
      default: 'Restricted',
      description: 'What browsers ask for the password of.',
    }),
  ),
  header: Type.Optional(
    checked(
      Type.String({
        default: '',
        description:
          'A header that tells endpoints the user. No client can send it itself. None if empty.',
      }),
      headerProblem,
    ),
  ),
  forward: Type.Optional(
    Type.Boolean({ default: false, description: 'Whether endpoints get the password too.' }),
  ),
  remember: Type.Optional(
    duration({
      default: '5m',
      description: 'For how long a right password is let in without being worked out again.',
    }),
  ),
  concurrency: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 2,
      description:
        'Passwords that are worked out at once. Node has 4 threads for that and for files.',
    }),
  ),
  queue: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 32,
      description: 'Requests that may wait for that; further ones get 503.',
    }),
  ),
})

export const Options = checked(Fields, ({ users, file }) =>
  users.length > 0 || file !== '' ? undefined : 'needs `users`, a `file` of them, or both',
)

export type BasicAuthOptions = Resolved<typeof Options>

function headerProblem(name: string): string | undefined {
  if (name === '') return undefined
  if (!isHeaderName(name)) return `must be a header name, got "${name}"`
  return isFraming(name) ? `cannot be "${name}", which is the gateway's own` : undefined
}
