import type { JWTHeaderParameters } from 'jose'
import type { Cancel } from '#core'
import { type PublicJwk, publicJwk } from './algorithms.ts'
import { KeySet, type Keys, type Means, type VerifyingKey } from './keys.ts'
import type { JwtOptions } from './options.ts'

// Far beyond what anybody publishes; more would only be memory that somebody else decides about.
const MOST_BYTES = 2 ** 18
const MOST_KEYS = 100
const FIRST_PAUSE_MS = 1_000
// Gateways that were started together do not ask together for ever.
const JITTER = 0.1

/**
 * The key set behind a URL. It is fetched now and then, and once more when a token names a key that is
 * not in it, but never sooner than `cooldown` after the last time: however many ids are made up, that
 * is one fetch. While the URL does not answer, or answers nonsense, the last good keys stay.
 */
export class RemoteKeys implements Keys {
  readonly #options: JwtOptions
  readonly #means: Means
  #set: KeySet | undefined = undefined
  #version = 0
  /** The keys in force, for telling whether others came. */
  #text = ''
  #failures = 0
  /** On the monotonic clock: when an unknown id may have it fetched again. */
  #askableAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined = undefined
  #cancel: Cancel = () => {}
  #isClosed = false

  constructor(options: JwtOptions, means: Means) {
    this.#options = options
    this.#means = means
  }

  get version(): number {
    return this.#version
  }

  /** A URL that does not answer is no reason not to start: requests get 503 until it does. */
  open(): Promise<void> {
    return this.#fetch()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  async find(header: JWTHeaderParameters): Promise<readonly VerifyingKey[] | undefined> {
    const known = (await this.#set?.find(header)) ?? []
    if (known.length > 0) return known
    const set = this.#set
    if (this.#fetching !== undefined) await this.#fetching
    else if (this.#means.clock.now() >= this.#askableAt) await this.#fetch()
    // Whether a key is there that is not in an old set, nobody can tell.
    if (this.#set === set) return this.#failures > 0 ? undefined : []
    return this.#set?.find(header)
  }

  #fetch(): Promise<void> {
    this.#cancel()
    this.#fetching ??= this.#ask().finally(() => {
      this.#fetching = undefined
      this.#later()
    })
    return this.#fetching
  }

  async #ask(): Promise<void> {
    const { log } = this.#means
    const url = this.#options.jwks
    try {
      const keys = await this.#load(url)
      if (this.#isClosed) return
      if (this.#failures > 0) log.info({ url, keys: keys.length }, 'the key set is there again')
      this.#failures = 0
      this.#take(keys)
    } catch (error: unknown) {
      this.#failures++
      if (this.#failures > 1 || this.#isClosed) return
      const left = this.#set === undefined ? 'no token can be verified' : 'the last keys stay'
      log.warn({ url, error: reasonOf(error) }, `the key set cannot be fetched: ${left}`)
    }
  }

  async #load(url: string): Promise<readonly PublicJwk[]> {
    const { status, body } = await this.#means.transport.request({
      url,
      headers: { accept: 'application/jwk-set+json, application/json' },
      timeoutMs: this.#options.timeout,
      maxBytes: MOST_BYTES,
    })
    if (status !== 200) throw new Error(`it answered ${status}`)
    const { keys } = JSON.parse(Buffer.from(body).toString('utf8')) as { keys?: unknown }
    if (!Array.isArray(keys)) throw new Error('it is no key set: "keys" is missing')
    if (keys.length > MOST_KEYS) throw new Error(`it has more than ${MOST_KEYS} keys`)
    const usable = keys.map(publicJwk).filter((key) => key !== undefined)
    // A set without keys locks everybody out, and is what a half-started service answers.
    if (usable.length === 0) throw new Error('it has no public key for signatures')
    return usable
  }

  #take(keys: readonly PublicJwk[]): void {
    const text = keys
      .map((key) => JSON.stringify(key))
      .sort()
      .join()
    if (text === this.#text) return
    this.#text = text
    this.#set = new KeySet(keys, this.#means.jose)
    this.#version++
  }

  #later(): void {
    const { clock, rng } = this.#means
    const { cooldown, refresh } = this.#options
    const isFailing = this.#failures > 0
    const pause = Math.min(cooldown, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 20))
    this.#askableAt = clock.now() + (isFailing ? pause : cooldown)
    if (this.#isClosed) return
    const next = (isFailing ? pause : refresh) * (1 + JITTER * rng.unit())
    this.#cancel = clock.after(next, () => void this.#fetch())
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
