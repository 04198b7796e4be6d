import type { Chain } from '../chain.ts'
import type { ResolvedTcp } from '../config/resolved.ts'
import type { Trust } from '../http/connection.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'
import type { ServerNames } from './server-names.ts'

/** Where the connections of one listener go, by the config in force. */
export interface TcpRoute {
  readonly config: ResolvedTcp
  /** The plugins of the gateway and of the listener. */
  readonly chain: Chain
  /** Where those go that no name takes elsewhere; undefined for nowhere. */
  readonly upstream: LiveUpstream | undefined
  readonly names: ServerNames
  /** Who may speak the PROXY protocol. */
  readonly proxies: Trust
}
