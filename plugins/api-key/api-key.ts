import { hash } from 'node:crypto'
import {
  type Clock,
  type CredentialPlace,
  credentialPlace,
  type Exchange,
  FileLines,
  IDENTITY,
  type Logger,
  type Plugin,
} from '#core'
import { Keyring, type KnownKey } from './keyring.ts'
import type { ApiKeyOptions } from './options.ts'

// Long beyond any key, and hashed in a few microseconds.
const LONGEST_KEY = 1_024

/** Knows keys by their digests. */
export class ApiKey implements Plugin {
  readonly identity: readonly string[]
  readonly #options: ApiKeyOptions
  readonly #place: CredentialPlace
  readonly #challenge: string
  readonly #file: FileLines | undefined
  #keyring: Keyring

  /** @throws Error when the file cannot be read, or a line of it is none */
  constructor(options: ApiKeyOptions, clock: Clock, log: Logger) {
    const { header, file, from, keys } = options
    this.identity = header === '' ? [] : [header]
    this.#options = options
    this.#place = credentialPlace(from)
    this.#challenge = from === 'bearer' ? 'Bearer' : 'ApiKey'
    this.#keyring = new Keyring(keys, [])
    if (file === '') return
    this.#file = new FileLines(file, clock, log, (lines) => {
      this.#keyring = new Keyring(keys, lines)
    })
  }

  request(exchange: Exchange): void {
    const text = this.#place.read(exchange)
    if (text === null) {
      exchange.refuse(400, 'Several keys were sent.')
      return
    }
    const key = text === undefined ? undefined : this.#place.in(text)
    if (key === undefined || key === '') {
      if (!this.#options.optional) this.#refuse(exchange, 'A key is needed.')
      return
    }
    const known = this.#keyOf(key)
    if (known === undefined) this.#refuse(exchange, 'The key is not known.')
    else this.#admit(exchange, known)
  }

  start(): void {
    this.#file?.watch()
  }

  dispose(): void {
    this.#file?.close()
  }

  #keyOf(key: string): KnownKey | undefined {
    if (key.length > LONGEST_KEY) return undefined
    // The bytes that came: a header's characters stand for one each.
    return this.#keyring.find(hash('sha256', Buffer.from(key, 'latin1'), 'buffer'))
  }

  #admit(exchange: Exchange, { identity, value }: KnownKey): void {
    exchange.flow.context.set(IDENTITY, identity)
    const { header, forward } = this.#options
    if (header !== '') exchange.setHeader(header, value)
    if (!forward) this.#place.remove(exchange)
  }

  #refuse(exchange: Exchange, why: string): void {
    exchange.refuse(401, why, { 'www-authenticate': this.#challenge })
  }
}
