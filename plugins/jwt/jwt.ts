import type { JWTHeaderParameters, JWTVerifyOptions } from 'jose'
import {
  type Clock,
  type CredentialPlace,
  type CredentialSource,
  credentialPlace,
  type Exchange,
  IDENTITY,
  type Logger,
  type Plugin,
  Recent,
} from '#core'
import { algorithmsOf } from './algorithms.ts'
import { Challenge } from './challenge.ts'
import { type Grant, Grants } from './grant.ts'
import type { Jose } from './jose.ts'
import type { Keys } from './keys.ts'
import type { JwtOptions } from './options.ts'
import { NAMELESS, type Refused, refusedBy, TOO_LONG, UNKNOWN_KEY } from './verdict.ts'

// As much as Node takes of all headers together.
const LONGEST_TOKEN = 16_384
// Apart from the good ones, so that a flood of bad tokens pushes none of them out.
const REFUSALS = 1_000

type Verified = Grant | Refused | undefined

/** Verifies tokens, and remembers those that hold. */
export class Jwt implements Plugin {
  readonly identity: readonly string[]
  readonly #options: JwtOptions
  readonly #keys: Keys
  readonly #jose: Jose
  readonly #clock: Clock
  readonly #log: Logger
  readonly #places: readonly CredentialPlace[]
  readonly #grants: Grants
  readonly #challenge: Challenge
  readonly #verifying: Omit<JWTVerifyOptions, 'currentDate'>
  /** By what stands in the request, so that nothing is cut out of it or hashed for a known one. */
  readonly #known: Recent<Grant>
  readonly #refused = new Recent<Refused>(REFUSALS)
  /** Tokens that are being verified: several requests with one ask once. */
  readonly #pending = new Map<string, Promise<Verified>>()
  /** Of the keys by which everything that is remembered was verified. */
  #version = 0

  constructor(options: JwtOptions, keys: Keys, jose: Jose, clock: Clock, log: Logger) {
    this.identity = Object.keys(options.headers)
    this.#options = options
    this.#keys = keys
    this.#jose = jose
    this.#clock = clock
    this.#log = log
    this.#places = [options.from].flat().map((from: CredentialSource) => credentialPlace(from))
    this.#grants = new Grants(options)
    this.#challenge = new Challenge(options)
    this.#verifying = verifyOptions(options)
    this.#known = new Recent(options.remember)
  }

  request(exchange: Exchange): void | Promise<void> {
    const places = this.#places
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as CredentialPlace
      const text = place.read(exchange)
      if (text === undefined) continue
      if (text === null) {
        this.#challenge.malformed(exchange)
        return
      }
      if (this.#version !== this.#keys.version) this.#forget()
      const grant = this.#known.get(text)
      if (grant !== undefined && this.#clock.wall() < grant.expiresAt) {
        this.#admit(exchange, grant, place)
        return
      }
      const token = place.in(text)
      // Of another scheme, or empty: the token may be elsewhere.
      if (token !== undefined && token !== '') return this.#ask(exchange, place, text, token)
    }
    if (!this.#options.optional) this.#challenge.missing(exchange)
  }

  async start(): Promise<void> {
    if (this.#options.jwks !== '' && this.#options.audience === '') {
      this.#log.warn('jwt: without `audience`, tokens for other services are let in too')
    }
    await this.#keys.open()
  }

  dispose(): void {
    this.#keys.close()
  }

  async #ask(
    exchange: Exchange,
    place: CredentialPlace,
    text: string,
    token: string,
  ): Promise<void> {
    const verified = this.#refused.get(text) ?? (await this.#verifiedOnce(text, token))
    if (verified === undefined) {
      const detail = 'The token cannot be verified right now.'
      exchange.refuse(503, detail, { 'retry-after': '1' })
    } else if ('why' in verified) this.#challenge.invalid(exchange, verified.why)
    else this.#admit(exchange, verified, place)
  }

  #admit(exchange: Exchange, grant: Grant, place: CredentialPlace): void {
    exchange.flow.context.set(IDENTITY, grant.identity)
    if (!grant.isEnough) {
      this.#challenge.insufficient(exchange)
      return
    }
    const { identity } = this
    for (let i = 0; i < identity.length; i++) {
      const value = grant.values[i]
      if (value !== undefined) exchange.setHeader(identity[i] as string, value)
    }
    if (!this.#options.forward) place.remove(exchange)
  }

  #verifiedOnce(text: string, token: string): Promise<Verified> {
    if (token.length > LONGEST_TOKEN) return Promise.resolve(TOO_LONG)
    const pending = this.#pending.get(text)
    if (pending !== undefined) return pending
    const made = this.#verify(text, token).finally(() => this.#pending.delete(text))
    this.#pending.set(text, made)
    return made
  }

  async #verify(text: string, token: string): Promise<Verified> {
    const verified = await this.#verified(token)
    // Other keys came meanwhile: right now it was right, but it is not to be remembered.
    if (verified === undefined || this.#version !== this.#keys.version) return verified
    if (!('why' in verified)) this.#known.set(text, verified)
    else if (verified.isFinal) this.#refused.set(text, verified)
    return verified
  }

  async #verified(token: string): Promise<Verified> {
    const { decodeProtectedHeader, jwtVerify } = this.#jose
    const options = { ...this.#verifying, currentDate: new Date(this.#clock.wall()) }
    let refused: Refused = UNKNOWN_KEY
    try {
      const header = decodeProtectedHeader(token) as JWTHeaderParameters
      // Before a key is looked for: what names no accepted algorithm has no key set fetched.
      if (!options.algorithms?.includes(header.alg)) throw new this.#jose.errors.JOSEAlgNotAllowed()
      const keys = await this.#keys.find(header)
      if (keys === undefined) return undefined
      for (const key of keys) {
        try {
          const { payload } = await jwtVerify(token, key, options)
          return this.#grants.of(payload) ?? NAMELESS
        } catch (error: unknown) {
          refused = refusedBy(this.#jose, error)
          // Only a wrong signature may be another key's.
          if (!(error instanceof this.#jose.errors.JWSSignatureVerificationFailed)) break
        }
      }
    } catch (error: unknown) {
      refused = refusedBy(this.#jose, error)
    }
    return refused
  }

  #forget(): void {
    this.#version = this.#keys.version
    this.#known.clear()
    this.#refused.clear()
  }
}

function verifyOptions(options: JwtOptions): Omit<JWTVerifyOptions, 'currentDate'> {
  const { issuer, audience, type, clockTolerance, required } = options
  return {
    algorithms: algorithmsOf(options),
    clockTolerance: clockTolerance / 1_000,
    requiredClaims: [...required],
    ...(issuer !== '' && { issuer: [issuer].flat() }),
    ...(audience !== '' && { audience: [audience].flat() }),
    ...(type !== '' && { typ: type }),
  }
}
