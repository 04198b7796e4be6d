import { type Exchange, type Flow, IDENTITY, type Peer, type Plugin, Recent } from '#core'
import { Networks } from './networks.ts'
import type { IpAccessOptions } from './options.ts'

// A look at a list costs a microsecond and more; clients come again.
const REMEMBERED = 8_192

/** Judges addresses. */
export class IpAccess implements Plugin {
  readonly #allowed: Networks | undefined
  readonly #denied: Networks
  readonly #verdicts = new Recent<boolean>(REMEMBERED)

  constructor({ allow, deny }: IpAccessOptions) {
    this.#allowed = allow.length === 0 ? undefined : new Networks(allow)
    this.#denied = new Networks(deny)
  }

  request(exchange: Exchange): void {
    const { address } = exchange.client
    if (this.#admits(address)) this.#name(exchange.flow, address)
    else exchange.refuse(403, 'Requests from this address are not served.')
  }

  stream(flow: Flow, { address }: Peer): boolean {
    if (!this.#admits(address)) return false
    this.#name(flow, address)
    return true
  }

  #admits(address: string): boolean {
    const known = this.#verdicts.get(address)
    if (known !== undefined) return known
    const verdict =
      !this.#denied.includes(address) &&
      (this.#allowed === undefined || this.#allowed.includes(address))
    this.#verdicts.set(address, verdict)
    return verdict
  }

  /** Whom a list vouches for has a name; who merely stands on none has not, and a better one stays. */
  #name({ context }: Flow, address: string): void {
    if (this.#allowed === undefined || context.get(IDENTITY) !== undefined) return
    context.set(IDENTITY, { subject: address, by: 'ip-access', claims: {} })
  }
}
