import type { Jose } from './jose.ts'

/** Why a token is not accepted. */
export interface Refused {
  /** For the client; `"` and `\` are not in it. */
  readonly why: string
  /** Whether it will never be accepted, as long as the keys are these. */
  readonly isFinal: boolean
}

export const UNKNOWN_KEY: Refused = { why: 'The key of the token is not known.', isFinal: false }
export const TOO_LONG: Refused = { why: 'The token is too long.', isFinal: false }
export const NAMELESS: Refused = { why: 'The token names nobody.', isFinal: true }
const FORGED: Refused = { why: 'The signature of the token is wrong.', isFinal: true }
const ALGORITHM: Refused = { why: 'The algorithm of the token is not accepted.', isFinal: true }
const EXPIRED: Refused = { why: 'The token has expired.', isFinal: true }
const EARLY: Refused = { why: 'The token is not valid yet.', isFinal: false }
const MALFORMED: Refused = { why: 'The token is malformed.', isFinal: true }

// What of a token may be told: never a value of its own.
const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'The token is from another issuer.',
  aud: 'The token is for another audience.',
  typ: 'The token is of another type.',
}

/** What an error of verification says about the token. */
export function refusedBy({ errors }: Jose, error: unknown): Refused {
  if (error instanceof errors.JWTExpired) return EXPIRED
  if (error instanceof errors.JWSSignatureVerificationFailed) return FORGED
  if (error instanceof errors.JOSEAlgNotAllowed) return ALGORITHM
  if (error instanceof errors.JOSENotSupported) return ALGORITHM
  if (!(error instanceof errors.JWTClaimValidationFailed)) return MALFORMED
  if (error.claim === 'nbf' && error.reason === 'check_failed') return EARLY
  if (error.reason === 'missing') return { why: 'The token lacks a claim.', isFinal: true }
  return { why: CLAIMS[error.claim] ?? 'A claim of the token is wrong.', isFinal: true }
}
