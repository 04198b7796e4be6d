import { Chain } from '../chain.ts'
import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import type { EndpointPlace } from './endpoint.ts'
import type { EndpointSource } from './membership.ts'
import type { Balancer } from './selection.ts'
import type { Supply } from './supply.ts'

/** What a config says of an upstream, made ready. */
export interface UpstreamSettings {
  readonly strategy: Balancer
  readonly endpoints: readonly EndpointSource[]
  /** Makes endpoints that are discovered like those. */
  readonly sourceOf: (place: EndpointPlace) => EndpointSource
  /** Those that a plugin discovers, beside them; undefined without one. */
  readonly supply: Supply | undefined
  /** The upstream's part of every chain. */
  readonly chain: Chain
  /** The Host header: `preserve`, `upstream` or a text. */
  readonly host: string
  readonly limits: UpstreamLimits
  /** Decides in place of the status table what an answer says about its endpoint. */
  readonly failure: UpstreamConfig['failure']
  /** How long a tunnel may be silent both ways, in ms; 0 for ever. */
  readonly tunnelTimeoutMs: number
}

/** How far one exchange may go on an upstream. */
export interface UpstreamLimits {
  /** For the whole exchange, in ms; 0 for no limit. */
  readonly requestTimeoutMs: number
  /** The header in which clients say, and endpoints are told, how many ms are left; or empty. */
  readonly deadlineHeader: string
  /** So many flows may be on one endpoint at once; 0 for no limit. */
  readonly maxInflight: number
}

/** Of an upstream that is disposed of. */
export const NOTHING: UpstreamSettings = {
  strategy: { update() {}, pick: () => undefined },
  endpoints: [],
  sourceOf(): never {
    throw new Error('an upstream that is disposed of has no endpoints')
  },
  supply: undefined,
  chain: new Chain([]),
  host: 'preserve',
  limits: { requestTimeoutMs: 0, deadlineHeader: '', maxInflight: 0 },
  failure: undefined,
  tunnelTimeoutMs: 0,
}
