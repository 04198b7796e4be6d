import type { RunningGateway } from '../contracts/gateway.ts'
import { GatewayError } from '../errors.ts'

/** A gateway that serves nothing, for plugins that are made without one. */
export const IDLE_GATEWAY: RunningGateway = {
  counts: () => ({ phase: 'starting', exchanges: 0, tunnels: 0, streams: 0, connections: 0 }),
  upstreams: () => [],
  config: () => null,
  async reload() {
    throw new GatewayError('NO_FILE')
  },
  stop: async () => ({ exchanges: 0, tunnels: 0 }),
}
