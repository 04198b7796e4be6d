import type { RoutedRequest } from '../contracts/router.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { cookieIn } from './cookies.ts'
import { queryValue } from './query-string.ts'

/**
 * What a router sees of a request, on whichever lane it came. One object serves all requests of a
 * generation: matching is synchronous, so nothing is made for it per request.
 */
export class RequestView implements RoutedRequest {
  method = ''
  host = ''
  path = ''
  #target = ''
  #headers: RawHeaders = []

  /** Shows another request: the parts of its head as the gate judged them, headers as received. */
  show(method: string, host: string, path: string, target: string, headers: RawHeaders): this {
    this.method = method
    this.host = host
    this.path = path
    this.#target = target
    this.#headers = headers
    return this
  }

  header(name: string): string | undefined {
    const headers = this.#headers
    for (let i = 0; i < headers.length; i += 2) {
      if (isNamed(headers[i] as string, name)) return headers[i + 1]
    }
    return undefined
  }

  query(name: string): string | undefined {
    return queryValue(this.#target, name)
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.#headers, name)
  }
}

function isNamed(found: string, lower: string): boolean {
  return found.length === lower.length && (found === lower || found.toLowerCase() === lower)
}
