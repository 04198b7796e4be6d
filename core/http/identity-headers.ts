import type { IncomingMessage } from 'node:http'
import { ConfigError } from '../config/config-error.ts'
import type { Use } from '../container/use.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { ABOUT_CLIENT, isHeaderName, meaningOf, PLAIN } from './header-names.ts'

/**
 * Headers by which a gateway tells endpoints who the client is, so that no client may send them
 * itself. Names are compared as endpoints read them: in any case, and with every character beyond
 * letters and digits taken for a hyphen, since CGI and its heirs (PHP, WSGI, Rack) do not tell
 * `X-User-Id`, `X_User_Id` and `X.User.Id` apart.
 */
export class IdentityHeaders {
  readonly #names: ReadonlySet<string>
  /** Bit n for a name of n letters: most headers are let pass by their length alone. */
  readonly #lengths: number

  private constructor(names: readonly string[]) {
    this.#names = new Set(names.map(canonical))
    let lengths = 0
    for (const name of names) lengths |= 1 << name.length
    this.#lengths = lengths
  }

  /** None at all for no names, so that who has none pays nothing. */
  static of(names: readonly string[]): IdentityHeaders | undefined {
    return names.length === 0 ? undefined : new IdentityHeaders(names)
  }

  has(name: string): boolean {
    // A shift counts modulo 32: lengths 32 apart share a bit, and the set decides.
    return (this.#lengths & (1 << name.length)) !== 0 && this.#names.has(canonical(name))
  }

  /** Takes them out of a request as if they had not been sent. */
  strike(req: IncomingMessage): void {
    if (this.#isIn(req.rawHeaders)) this.#strikeFrom(req)
  }

  /** A list without them; the same one if it has none. */
  without(raw: RawHeaders): RawHeaders {
    if (!this.#isIn(raw)) return raw
    const rest = [...raw]
    this.#compact(rest)
    return rest
  }

  #isIn(raw: RawHeaders): boolean {
    for (let i = 0; i < raw.length; i += 2) if (this.has(raw[i] as string)) return true
    return false
  }

  #strikeFrom(req: IncomingMessage): void {
    // Node makes these of the raw list when they are first read, by the length that it had.
    for (const read of [req.headers, req.headersDistinct ?? {}]) {
      for (const name of Object.keys(read)) if (this.has(name)) delete read[name]
    }
    this.#compact(req.rawHeaders)
  }

  #compact(raw: RawHeaders): void {
    let kept = 0
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string
      if (this.has(name)) continue
      raw[kept] = name
      raw[kept + 1] = raw[i + 1] as string
      kept += 2
    }
    raw.length = kept
  }
}

/** What plugins name as identity headers. @throws ConfigError for a name that cannot be meant */
export function identityOf(uses: readonly Use<Plugin>[]): string[] {
  const names: string[] = []
  for (const { instance, place } of uses) {
    for (const name of instance.identity ?? []) {
      if (!isHeaderName(name))
        throw new ConfigError([`${place}: identity: "${name}" is no header name`])
      if (!isOurs(name)) {
        throw new ConfigError([`${place}: identity: "${name}" is the gateway's own to judge`])
      }
      names.push(name)
    }
  }
  return names
}

// Authorization services name users in X-Forwarded-User and its like, which the gateway itself neither
// reads nor writes.
function isOurs(name: string): boolean {
  const meaning = meaningOf(name)
  if (meaning !== ABOUT_CLIENT) return meaning === PLAIN
  return name.toLowerCase().startsWith('x-forwarded-')
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}
