import { createPublicKey, type JsonWebKey } from 'node:crypto'

/** A public key as a config has it. */
export type WrittenKey = string | Readonly<JsonWebKey>

/** A public key as a key set has it (RFC 7517). */
export interface PublicJwk extends JsonWebKey {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
}

const HMAC = { HS256: 32, HS384: 48, HS512: 64 } as const

const ASYMMETRIC = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
]

/** Every algorithm there is for `algorithms`; `none` is none of them. */
export const SUPPORTED = [...ASYMMETRIC, ...(Object.keys(HMAC) as (keyof typeof HMAC)[])]

// RFC 8725, 3.2 and NIST SP 800-131A: below it RSA can be broken.
const LEAST_RSA_BITS = 2_048
const PUBLIC_MEMBERS = ['kty', 'kid', 'alg', 'use', 'key_ops', 'crv', 'x', 'y', 'n', 'e']

interface Chosen {
  readonly secrets: readonly string[]
  readonly algorithms: readonly string[]
}

/** Those that count: what the config says, else any that its kind of key is for. */
export function algorithmsOf({ secrets, algorithms }: Chosen): string[] {
  if (algorithms.length > 0) return [...algorithms]
  return secrets.length > 0 ? ['HS256'] : [...ASYMMETRIC]
}

/** Why algorithms and secrets do not go together. No message repeats a secret. */
export function algorithmsProblem(chosen: Chosen): string | undefined {
  const { secrets } = chosen
  const isSecret = secrets.length > 0
  for (const name of algorithmsOf(chosen)) {
    const bytes: number | undefined = HMAC[name as keyof typeof HMAC]
    if (bytes === undefined && isSecret) return `"${name}" takes public keys, not secrets`
    // A public key is no secret: whoever has it could sign.
    if (bytes !== undefined && !isSecret) return `"${name}" takes secrets, not public keys`
    const short = secrets.findIndex((secret) => Buffer.byteLength(secret) < (bytes ?? 0))
    if (short >= 0) {
      const has = Buffer.byteLength(secrets[short] ?? '')
      return `secrets[${short}] has ${has} bytes; ${name} takes ${bytes} or more (RFC 7518, 3.2)`
    }
  }
  return undefined
}

/** What is wrong with a key of `keys`. */
export function keyProblem(written: unknown): string | undefined {
  if (typeof written !== 'string') {
    if (typeof written !== 'object' || written === null) return 'must hold PEM texts or JWKs'
    if ('d' in written) return 'has a private key: give the public one'
    const problem = weakness(written)
    return problem === undefined ? undefined : `has a JWK that ${problem}`
  }
  if (!written.includes('-----BEGIN ')) return 'must hold PEM texts, "-----BEGIN …", or JWKs'
  if (written.includes('PRIVATE KEY')) return 'has a private key: give the public one'
  try {
    const problem = weakness(jwkOf(written))
    return problem === undefined ? undefined : `has a key that ${problem}`
  } catch {
    return 'has a PEM text that holds no public key'
  }
}

/** A key of `keys` as a JWK. @throws Error when it is none */
export function jwkOf(written: WrittenKey): PublicJwk {
  if (typeof written !== 'string') return written as PublicJwk
  return createPublicKey(written).export({ format: 'jwk' }) as PublicJwk
}

/** The public parts of a JWK that can verify signatures; undefined for any other one. */
export function publicJwk(found: unknown): PublicJwk | undefined {
  if (typeof found !== 'object' || found === null || weakness(found) !== undefined) return undefined
  const parts = Object.entries(found).filter(([name]) => PUBLIC_MEMBERS.includes(name))
  return Object.fromEntries(parts) as unknown as PublicJwk
}

function weakness(found: object): string | undefined {
  const jwk = found as Partial<Record<keyof PublicJwk, unknown>>
  if (jwk.kty === 'oct') return 'is a secret: that belongs into `secrets`'
  if (jwk.kty !== 'RSA' && jwk.kty !== 'EC' && jwk.kty !== 'OKP') return 'is no key for signatures'
  if (jwk.use !== undefined && jwk.use !== 'sig') return 'is not for signatures (`use`)'
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return 'has a `kid` that is no text'
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: found as JsonWebKey, format: 'jwk' })
    const bits = asymmetricKeyDetails?.modulusLength
    if (bits !== undefined && bits < LEAST_RSA_BITS) {
      return `has ${bits} bits; RSA takes ${LEAST_RSA_BITS} or more`
    }
  } catch {
    return 'is broken'
  }
  return undefined
}
