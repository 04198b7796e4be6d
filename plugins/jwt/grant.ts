import type { Identity } from '#core'
import {
  type ClaimReader,
  type Claims,
  claimReader,
  headerValue,
  satisfies,
  scopesIn,
} from './claims.ts'
import type { JwtOptions } from './options.ts'

/** What a token that holds gives whoever shows it: worked out once. */
export interface Grant {
  readonly identity: Identity
  /** In ms since the Unix epoch, the tolerance included; Infinity for a token without an end. */
  readonly expiresAt: number
  /** Values of the headers of `headers`, in its order; undefined where the claim is missing. */
  readonly values: readonly (string | undefined)[]
  /** Whether it has the scopes and claims that are asked for. */
  readonly isEnough: boolean
}

/** Makes grants of the claims of tokens. */
export class Grants {
  readonly #options: JwtOptions
  readonly #subject: ClaimReader
  readonly #values: readonly ClaimReader[]
  readonly #wanted: readonly (readonly [ClaimReader, string | number | boolean])[]

  constructor(options: JwtOptions) {
    this.#options = options
    this.#subject = claimReader(options.subject)
    this.#values = Object.values(options.headers).map(claimReader)
    this.#wanted = Object.entries(options.claims).map(([name, value]) => [claimReader(name), value])
  }

  /** Undefined for a token that names nobody. */
  of(claims: Claims): Grant | undefined {
    const subject = subjectIn(this.#subject(claims))
    if (subject === undefined) return undefined
    const { exp } = claims
    return {
      identity: { subject, by: 'jwt', claims },
      expiresAt:
        typeof exp === 'number'
          ? exp * 1_000 + this.#options.clockTolerance
          : Number.POSITIVE_INFINITY,
      values: this.#values.map((read) => headerValue(read(claims))),
      isEnough: this.#isEnough(claims),
    }
  }

  #isEnough(claims: Claims): boolean {
    const { scopes } = this.#options
    const has = scopes.length === 0 ? [] : scopesIn(claims)
    return (
      scopes.every((scope) => has.includes(scope)) &&
      this.#wanted.every(([read, value]) => satisfies(read(claims), value))
    )
  }
}

function subjectIn(claim: unknown): string | undefined {
  if (typeof claim === 'number') return String(claim)
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}
