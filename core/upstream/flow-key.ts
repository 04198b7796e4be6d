import type { Exchange } from '../contracts/exchange.ts'
import type { KeySource } from '../contracts/key-source.ts'
import type { Peer } from '../contracts/peer.ts'
import { cookieIn } from '../http/cookies.ts'
import { queryValue } from '../http/query-string.ts'
import { hash32 } from '../system/hash.ts'

/** What a flow without a key has in its place. */
export const NO_KEY = -1

/** Reads and hashes the key that a strategy asks for, for either layer. */
export interface KeyReader {
  /** The key of a request: 32 bits, unsigned; -1 where it has none. */
  ofExchange(exchange: Exchange): number
  /** The key of a connection or of datagrams. */
  ofPeer(peer: Peer): number
}

/** Compiles a key's source; undefined for a strategy that hashes nothing. */
export function keyReader(source: KeySource | undefined): KeyReader | undefined {
  if (source === undefined) return undefined
  if (typeof source === 'function') {
    return {
      ofExchange: (exchange) => hashed(source(exchange)),
      ofPeer: (peer) => hashed(source(peer)),
    }
  }
  if (source === 'ip') {
    return {
      ofExchange: ({ client }) => hashed(client.address),
      ofPeer: ({ address }) => hashed(address),
    }
  }
  const value = valueReader(source)
  return { ofExchange: (exchange) => hashed(value(exchange)), ofPeer: () => NO_KEY }
}

type FromRequest = Exclude<KeySource, 'ip' | ((...subject: never) => unknown)>

function valueReader(source: FromRequest): (exchange: Exchange) => string | undefined {
  if (source === 'path') return ({ target }) => pathOf(target)
  if ('header' in source) return (exchange) => exchange.header(source.header)
  if ('query' in source) return ({ target }) => queryValue(target, source.query)
  if ('param' in source) return ({ params }) => params[source.param]
  return ({ rawHeaders }) => cookieIn(rawHeaders, source.cookie)
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

// What a function gives is not known to be right: a number would have no characters to hash, and
// every flow would go to one endpoint.
function hashed(value: unknown): number {
  if (value === undefined || value === null || value === '') return NO_KEY
  if (typeof value === 'string') return hash32(value)
  throw new TypeError(`a key function must give a string or undefined, got ${typeof value}`)
}
