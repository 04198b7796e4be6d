import { timingSafeEqual } from 'node:crypto'
import type { Identity } from '#core'
import { type ApiKeyOptions, HASH } from './options.ts'

/** A key that is known, and whom it stands for. */
export interface KnownKey {
  readonly identity: Identity
  /** The subject as a header can carry it. */
  readonly value: string
}

interface Entry extends KnownKey {
  readonly digest: Buffer
}

const LINE = new RegExp(`${HASH.slice(0, -1)}\\s+(?=\\S)`)
const NOBODY = Buffer.alloc(32)

/**
 * Keys by their digests. Looked up by the first bytes, compared to the end in constant time: what the
 * look-up takes tells nobody anything that he could work with, since he cannot choose what his guesses
 * hash to.
 */
export class Keyring {
  readonly #entries = new Map<number, Entry[]>()

  /** @throws Error that names a line which is none, or a key that is there twice */
  constructor(keys: ApiKeyOptions['keys'], lines: readonly string[]) {
    for (const { hash, subject, claims } of keys) this.#add(hash, subject, claims)
    for (const [index, line] of lines.entries()) {
      if (line === '' || line.startsWith('#')) continue
      const found = LINE.exec(line)
      if (found === null) {
        throw new Error(`line ${index + 1} must be "sha256:<64 hexadecimal digits> <subject>"`)
      }
      this.#add(found[0].trim(), line.slice(found[0].length), {})
    }
  }

  find(digest: Buffer): KnownKey | undefined {
    const entries = this.#entries.get(digest.readUInt32LE())
    if (entries === undefined) {
      timingSafeEqual(digest, NOBODY)
      return undefined
    }
    for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) return entry
    return undefined
  }

  #add(written: string, subject: string, claims: Identity['claims']): void {
    const digest = Buffer.from(written.slice('sha256:'.length), 'hex')
    const place = digest.readUInt32LE()
    const entries = this.#entries.get(place) ?? []
    const same = entries.find((entry) => entry.digest.equals(digest))
    if (same !== undefined) {
      throw new Error(`one key stands for "${same.identity.subject}" and for "${subject}"`)
    }
    const identity = { subject, by: 'api-key', claims }
    entries.push({ digest, identity, value: encoded(subject) })
    this.#entries.set(place, entries)
  }
}

// As `jwt` writes claims: what a header cannot carry, and `%` itself, is percent-encoded UTF-8.
function encoded(text: string): string {
  return text.toWellFormed().replace(/^ | $|[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent)
}
