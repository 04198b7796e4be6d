import { randomBytes } from 'node:crypto'
import type { Identity } from '#core'
import type { BasicAuthOptions } from './options.ts'
import { decoyOf, type PasswordHash, passwordHash } from './password-hash.ts'

/** One user. */
export interface User {
  readonly hash: PasswordHash
  readonly identity: Identity
  /** The name as a header can carry it. */
  readonly value: string
}

/** Users by their names. */
export class Users {
  readonly #users = new Map<string, User>()
  /** For names that nobody has: their passwords take as long. */
  readonly decoy: PasswordHash

  /** @throws Error that names a line which is none, or a user that is there twice */
  constructor(users: BasicAuthOptions['users'], lines: readonly string[]) {
    for (const { name, hash } of users) this.#add(name, hash)
    for (const [index, line] of lines.entries()) {
      if (line === '' || line.startsWith('#')) continue
      const colon = line.indexOf(':')
      if (colon < 1) throw new Error(`line ${index + 1} must be "<name>:<hash>"`)
      try {
        this.#add(line.slice(0, colon), line.slice(colon + 1))
      } catch (error: unknown) {
        throw new Error(`line ${index + 1}: ${(error as Error).message}`, { cause: error })
      }
    }
    const hashes = [...this.#users.values()].map(({ hash }) => hash)
    this.decoy = decoyOf(hashes, randomBytes)
  }

  get(name: string): User | undefined {
    return this.#users.get(name)
  }

  #add(name: string, written: string): void {
    if (this.#users.has(name)) throw new Error(`the user "${name}" is there twice`)
    const identity = { subject: name, by: 'basic-auth', claims: {} }
    this.#users.set(name, { hash: passwordHash(written), identity, value: encoded(name) })
  }
}

// As `jwt` writes claims: what a header cannot carry, and `%` itself, is percent-encoded UTF-8.
function encoded(text: string): string {
  return text.toWellFormed().replace(/^ | $|[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent)
}
