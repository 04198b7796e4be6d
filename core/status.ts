import type { Counts } from './contracts/gateway.ts'
import type { LiveUpstream } from './upstream/upstream.ts'

/** What a gateway is doing, at one moment. */
export interface Status extends Counts {
  readonly upstreams: Readonly<Record<string, { readonly endpoints: readonly EndpointStatus[] }>>
}

/** One endpoint, at one moment. */
export interface EndpointStatus {
  readonly id: string
  readonly url: string
  readonly weight: number
  readonly inflight: number
  readonly holds: number
  readonly ready: boolean
}

/** The endpoints of upstreams as they are now. */
export function upstreamsStatus(upstreams: Iterable<LiveUpstream>): Status['upstreams'] {
  const told = Array.from(upstreams, (upstream) => [
    upstream.name,
    {
      endpoints: upstream.endpoints.map(({ id, url, weight, inflight, holds }) => {
        return { id, url, weight, inflight, holds, ready: holds === 0 }
      }),
    },
  ])
  return Object.fromEntries(told)
}
