import type { Exchange } from '#core'
import type { JwtOptions } from './options.ts'

/** Answers those who are not let in, as RFC 6750, 3 says. */
export class Challenge {
  readonly #bare: string
  readonly #scope: string

  constructor({ realm, scopes }: JwtOptions) {
    this.#bare = realm === '' ? '' : `realm="${realm}"`
    this.#scope = scopes.length === 0 ? '' : `scope="${scopes.join(' ')}"`
  }

  /** No token: no error code, but what one would have to be for. */
  missing(exchange: Exchange): void {
    this.#refuse(exchange, 401, 'A token is needed.', '', this.#scope)
  }

  invalid(exchange: Exchange, why: string): void {
    this.#refuse(exchange, 401, why, 'invalid_token')
  }

  insufficient(exchange: Exchange): void {
    const why = 'The token does not allow this request.'
    this.#refuse(exchange, 403, why, 'insufficient_scope', this.#scope)
  }

  malformed(exchange: Exchange): void {
    this.#refuse(exchange, 400, 'Several tokens were sent.', 'invalid_request')
  }

  /** `why` has no character that a quoted string cannot have. */
  #refuse(exchange: Exchange, status: number, why: string, error: string, scope = ''): void {
    const told = error === '' ? '' : `error="${error}", error_description="${why}"`
    const parts = [this.#bare, told, scope].filter((part) => part !== '')
    exchange.refuse(status, why, {
      'www-authenticate': ['Bearer', parts.join(', ')].join(' ').trim(),
    })
  }
}
