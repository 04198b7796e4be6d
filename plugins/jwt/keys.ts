import type { CryptoKey, JSONWebKeySet, JWTHeaderParameters } from 'jose'
import type { Clock, Logger, Rng, Transport } from '#core'
import { jwkOf, type PublicJwk } from './algorithms.ts'
import type { Jose } from './jose.ts'
import type { JwtOptions } from './options.ts'
import { RemoteKeys } from './remote-keys.ts'

/** A key that a signature can be checked by. */
export type VerifyingKey = CryptoKey | Uint8Array

/** What tokens are verified by. */
export interface Keys {
  /** Another number means other keys: what was verified before may not hold any more. */
  readonly version: number
  /**
   * The keys that may have signed a token with this header, a few at most; none for an unknown one.
   * Undefined while it cannot be told, for want of a key set.
   */
  find(header: JWTHeaderParameters): Promise<readonly VerifyingKey[] | undefined>
  open(): Promise<void>
  close(): void
}

/** What keys are made with. */
export interface Means {
  readonly jose: Jose
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly transport: Transport
}

// A token without a key id makes every key of its kind a candidate; each costs a verification.
const MOST_CANDIDATES = 4

export function keysOf(options: JwtOptions, means: Means): Keys {
  const { jwks, keys, secrets } = options
  if (jwks !== '') return new RemoteKeys(options, means)
  return secrets.length > 0 ? new Secrets(secrets) : new GivenKeys(keys.map(jwkOf), means.jose)
}

/** Public keys, looked up by what a token's header says. */
export class KeySet {
  readonly #all: ReturnType<Jose['createLocalJWKSet']>
  /** Those without an id, which a token may mean whatever id it names. */
  readonly #nameless: ReturnType<Jose['createLocalJWKSet']>
  readonly #jose: Jose

  constructor(keys: readonly PublicJwk[], jose: Jose) {
    const nameless = keys.filter(({ kid }) => kid === undefined)
    this.#all = jose.createLocalJWKSet({ keys } as JSONWebKeySet)
    this.#nameless = jose.createLocalJWKSet({ keys: nameless } as JSONWebKeySet)
    this.#jose = jose
  }

  async find(header: JWTHeaderParameters): Promise<readonly VerifyingKey[]> {
    const found = await this.#candidates(this.#all, header)
    if (found.length > 0 || header.kid === undefined) return found
    const { kid: _, ...rest } = header
    return this.#candidates(this.#nameless, rest)
  }

  async #candidates(
    set: ReturnType<Jose['createLocalJWKSet']>,
    header: JWTHeaderParameters,
  ): Promise<readonly VerifyingKey[]> {
    const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys } = this.#jose.errors
    try {
      return [await set(header)]
    } catch (error: unknown) {
      if (error instanceof JWKSNoMatchingKey) return []
      if (!(error instanceof JWKSMultipleMatchingKeys)) throw error
      const several: VerifyingKey[] = []
      for await (const key of error) if (several.push(key) === MOST_CANDIDATES) break
      return several
    }
  }
}

class GivenKeys implements Keys {
  readonly version = 0
  readonly #set: KeySet

  constructor(keys: readonly PublicJwk[], jose: Jose) {
    this.#set = new KeySet(keys, jose)
  }

  find(header: JWTHeaderParameters): Promise<readonly VerifyingKey[]> {
    return this.#set.find(header)
  }

  async open(): Promise<void> {}

  close(): void {}
}

class Secrets implements Keys {
  readonly version = 0
  readonly #bytes: readonly Uint8Array[]

  constructor(secrets: readonly string[]) {
    this.#bytes = secrets.map((secret) => Buffer.from(secret))
  }

  async find(): Promise<readonly VerifyingKey[]> {
    return this.#bytes
  }

  async open(): Promise<void> {}

  close(): void {}
}
