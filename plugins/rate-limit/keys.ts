import { type Exchange, IDENTITY } from '#core'
import { networkOf } from './addresses.ts'

/** What requests are counted by. */
export type KeySource =
  | 'ip'
  | 'route'
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly claim: string }
  | ((exchange: Exchange) => string | undefined)

/** Reads the key of a request. */
export type KeyReader = (exchange: Exchange) => string

// No header, cookie or address has it: what is counted by address in place of a key that is not
// there never meets a key that reads like an address.
const NUL = '\0'

/** Compiles what the option `by` says. */
export function keyReader(by: KeySource | readonly KeySource[]): KeyReader {
  if (!Array.isArray(by)) return partReader(by as KeySource)
  const readers = by.map(partReader)
  const [only] = readers
  return readers.length === 1 && only !== undefined ? only : joined(readers)
}

function joined(readers: readonly KeyReader[]): KeyReader {
  return (exchange) => {
    let key = ''
    for (const reader of readers) {
      const part = reader(exchange)
      // Lengths, so that no two lists of parts are one text.
      key += `${part.length}:${part}`
    }
    return key
  }
}

function partReader(source: KeySource): KeyReader {
  if (source === 'ip') return ({ client }) => networkOf(client.address)
  if (source === 'route') return ({ route }) => route.id
  if (typeof source === 'function') return (exchange) => given(exchange, source(exchange))
  if ('header' in source) {
    const { header } = source
    return (exchange) => exchange.header(header) || byAddress(exchange)
  }
  if ('cookie' in source) {
    const { cookie } = source
    return (exchange) => exchange.cookie(cookie) || byAddress(exchange)
  }
  const { claim } = source
  return (exchange) => claimOf(exchange, claim) || byAddress(exchange)
}

function byAddress({ client }: Exchange): string {
  return NUL + networkOf(client.address)
}

function claimOf({ flow }: Exchange, claim: string): string | undefined {
  const identity = flow.context.get(IDENTITY)
  if (identity === undefined) return undefined
  const value = Object.hasOwn(identity.claims, claim) ? identity.claims[claim] : undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value !== undefined) return JSON.stringify(value)
  return claim === 'sub' ? identity.subject : undefined
}

function given(exchange: Exchange, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (value === undefined || value === '') return byAddress(exchange)
  throw new TypeError(`rate-limit: \`by\` must give a string or undefined, got ${typeof value}`)
}
