import type { Chain } from '../chain.ts'
import type { ResolvedTcp } from '../config/resolved.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'

/** Where the connections of one listener go, by the config in force. */
export interface TcpRoute {
  readonly config: ResolvedTcp
  /** The plugins of the gateway and of the listener. */
  readonly chain: Chain
  readonly upstream: LiveUpstream
}
