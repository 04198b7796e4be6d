import type { Exchange } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { queryValue } from './query-string.ts'

/**
 * Where a request carries what proves who sends it:
 *
 * - `'bearer'`, `'basic'`: the Authorization header, behind the scheme of that name
 * - `{ header }`, `{ cookie }`, `{ query }`: all of the value of that name
 */
export type CredentialSource =
  | 'bearer'
  | 'basic'
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly query: string }

/** One such place, compiled. */
export interface CredentialPlace {
  /**
   * What stands there as it was received; undefined for nothing. Null for several lines of one header:
   * whoever reads the first and whoever reads the last would take the request for two clients'.
   */
  read(exchange: Exchange): string | null | undefined
  /** The credential in what was read; undefined where that is of another scheme. */
  in(text: string): string | undefined
  /** Keeps it from going upstream; one in the query stays in the target. */
  remove(exchange: Exchange): void
}

/**
 * Compiles what an option says about where credentials stand.
 *
 * @example
 * const place = credentialPlace({ cookie: 'session' })
 * const session = place.read(exchange)
 */
export function credentialPlace(source: CredentialSource): CredentialPlace {
  if (source === 'bearer') return new SchemePlace('bearer ')
  if (source === 'basic') return new SchemePlace('basic ')
  if ('header' in source) return new HeaderPlace(source.header)
  if ('cookie' in source) return new CookiePlace(source.cookie)
  return new QueryPlace(source.query)
}

class SchemePlace implements CredentialPlace {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  read({ rawHeaders }: Exchange): string | null | undefined {
    return loneHeader(rawHeaders, 'authorization')
  }

  in(text: string): string | undefined {
    const { length } = this.#prefix
    // RFC 9110, 11.1: schemes in any case, one space or more.
    if (text.slice(0, length).toLowerCase() !== this.#prefix) return undefined
    return text.slice(length).trim()
  }

  remove(exchange: Exchange): void {
    exchange.removeHeader('authorization')
  }
}

class HeaderPlace implements CredentialPlace {
  readonly #name: string

  constructor(name: string) {
    this.#name = name.toLowerCase()
  }

  read({ rawHeaders }: Exchange): string | null | undefined {
    return loneHeader(rawHeaders, this.#name)
  }

  in(text: string): string {
    return text
  }

  remove(exchange: Exchange): void {
    exchange.removeHeader(this.#name)
  }
}

class CookiePlace implements CredentialPlace {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  read(exchange: Exchange): string | undefined {
    return exchange.cookie(this.#name)
  }

  in(text: string): string {
    return text
  }

  remove(exchange: Exchange): void {
    exchange.removeCookie(this.#name)
  }
}

class QueryPlace implements CredentialPlace {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  read({ target }: Exchange): string | undefined {
    return queryValue(target, this.#name)
  }

  in(text: string): string {
    return text
  }

  remove(): void {}
}

/** A header by its lower-case name; null for several lines of it. */
export function loneHeader(headers: RawHeaders, lower: string): string | null | undefined {
  let found: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length !== lower.length || (name !== lower && name.toLowerCase() !== lower)) continue
    if (found !== undefined) return null
    found = headers[i + 1] as string
  }
  return found
}
