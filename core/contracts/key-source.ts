import type { Exchange } from './exchange.ts'
import type { Peer } from './peer.ts'

/**
 * What a hashing strategy hashes, so that equal values get the same endpoint:
 *
 * - `'ip'`: the client's address
 * - `'path'`: the target's path as received, without its query
 * - `{ header }`, `{ cookie }`, `{ query }`, `{ param }`: the value of that name, the first of several
 * - a function of the request, or of the connection at layer 4; undefined and `''` stand for no key
 *
 * All but `'ip'` and functions need HTTP: connections and datagrams have no such key.
 */
export type KeySource =
  | 'ip'
  | 'path'
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly query: string }
  | { readonly param: string }
  | KeyFunction

/** Gives the value to hash. May be written for exchanges or for peers alone. */
export type KeyFunction = { of(subject: Exchange | Peer): string | undefined }['of']
