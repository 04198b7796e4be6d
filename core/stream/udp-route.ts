import type { Chain } from '../chain.ts'
import type { ResolvedUdp } from '../config/resolved.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'

/** Where the datagrams of one listener go, by the config in force. */
export interface UdpRoute {
  readonly config: ResolvedUdp
  /** The plugins of the gateway and of the listener. */
  readonly chain: Chain
  readonly upstream: LiveUpstream
}
