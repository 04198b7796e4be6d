import type { Endpoint } from './contracts/endpoint.ts'
import type { Host } from './http/gateway-host.ts'
import { EndpointDrain, type LastingFlows } from './upstream/drain.ts'
import type { LiveUpstream } from './upstream/upstream.ts'

/**
 * Has endpoints that leave an upstream, by a reload or whatever discovers them, keep what is in
 * flight for as long as a stop would: tunnels are asked to go, and cut then.
 */
export function drainLeaving(upstream: LiveUpstream, host: Host): void {
  const { clock, log, lifecycle } = host
  const lasting = tunnelsOf(host)
  upstream.lasting = lasting
  const place = { upstream: upstream.view, clock, log, lasting }
  upstream.view.watch({
    changed(endpoint, { event, reason }) {
      if (event !== 'held' || reason === 'drain' || reason === 'drained') return
      host.tunnels.cut((one) => one.isCutWhenDown === true && one.endpoint === endpoint)
    },
    left(endpoint) {
      if (endpoint.inflight > 0) new EndpointDrain(place, endpoint, lifecycle.plan)
    },
  })
}

function tunnelsOf({ tunnels }: Host): LastingFlows {
  const on = (endpoint: Endpoint) => (tunnel: { readonly endpoint: Endpoint | undefined }) =>
    tunnel.endpoint === endpoint
  return {
    dismiss: (endpoint, overMs, deadlineMs) => tunnels.dismiss(on(endpoint), overMs, deadlineMs),
    cut: (endpoint) => tunnels.cut(on(endpoint)),
  }
}
