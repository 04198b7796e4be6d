import type { Chain } from '../chain.ts'
import type { Route } from '../contracts/exchange.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** A route of one generation. */
export interface LiveRoute extends Route {
  /** Its number for the router; -1 for the one that stands for no route. */
  readonly number: number
  readonly hasParams: boolean
  /** The gateway's plugins, then the route's. */
  readonly chain: Chain
  readonly upstream: LiveUpstream
  /** What clients may not send here, beside what they may send nowhere. */
  readonly identity: IdentityHeaders | undefined
  /** The most that a request's body may have; 0 for no limit. */
  readonly bodyLimitBytes: number
  /** Where its mount is in the generation's Fastify instance. */
  readonly url: string
  /** Whether answers go through Fastify's reply, because Fastify hooks may want to see them. */
  readonly isFull: boolean
}
