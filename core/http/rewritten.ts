import type { PrefixChange } from '../contracts/exchange.ts'
import { isSafePath, pathOf } from './path.ts'

/** What goes upstream in place of what the client sent. */
export interface Rewritten {
  readonly target: string
  /** How the endpoint's paths become the client's again; undefined where that cannot be told. */
  readonly prefix: PrefixChange | undefined
}

// A space or a line break would end the target within the request line; what is beyond latin1 has
// no byte of its own.
const TARGET = /^\/(?!\/)[^\0-\x20\x7f#\u0100-\uffff]*$/

/** @throws TypeError when the target cannot stand in a request, or means different things to readers */
export function rewritten(target: string, prefix: PrefixChange | undefined): Rewritten {
  if (!TARGET.test(target) || !isSafePath(pathOf(target))) {
    throw new TypeError(`a request cannot be rewritten to ${JSON.stringify(target)}`)
  }
  return { target, prefix }
}
