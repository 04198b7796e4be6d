import type { Phase } from './contracts/lifecycle.ts'

/** What a gateway is doing, at one moment. */
export interface Status {
  readonly phase: Phase
  readonly exchanges: number
  readonly tunnels: number
  /** Open client connections. */
  readonly connections: number
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
