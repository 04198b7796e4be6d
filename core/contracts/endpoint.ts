/** One place that traffic can go to. Only its upstream writes to it; everyone else reads. */
export interface Endpoint {
  /** Stable across reloads: the endpoint's `id` in the config, else its URL's host and port. */
  readonly id: string
  /** Scheme, host and port, such as `http://10.0.0.1:9001`. */
  readonly url: string
  /** A small integer, unique among the endpoints that exist: the place for a strategy's numbers. */
  readonly index: number
  /** Configured weight times every warm-up factor in force; 1e-9 to 65535. */
  readonly weight: number
  /** Flows acquired and not released yet; never negative. */
  readonly inflight: number
  /** Bits, one per plugin use that holds the endpoint; zero means ready. */
  readonly holds: number
  /** Those of `holds` that no panic lifts: every reason but `health` and `ejection`. */
  readonly firmHolds: number
  /** Its level: 0 is used first, higher ones as the lower ones fail. */
  readonly priority: number
  /** Where it stands, such as a data centre's name; empty where the config does not say. */
  readonly zone: string
  /**
   * Whether it takes no flow more at this moment: it has as many as `connections.max` or a use's `cap`
   * lets it have, or a gate on it says so.
   */
  readonly isFull: boolean
}

/** A reason, in force, not to send new flows to an endpoint. */
export interface Hold {
  readonly endpoint: Endpoint
  readonly reason: string
  /** Ends the hold; `cause` says why, such as `2 checks passed`. Calling it again does nothing. */
  release(cause?: string): void
}

/** What is known of a hold beside its reason. */
export interface HoldDetails {
  /** What led to it, such as `3 x connect timeout`. */
  readonly cause?: string
  /** It ends by itself after so many ms. */
  readonly forMs?: number
  /** Whether nothing is wrong, such as before a first check: the log tells it at `debug` only. */
  readonly isExpected?: boolean
}

/** A hold in force. */
export interface HoldStatus {
  readonly reason: string
  /** Empty where nothing was said. */
  readonly cause: string
  /** In ms since the Unix epoch. */
  readonly since: number
  /** When it ends by itself, likewise; 0 for not by itself. */
  readonly until: number
}

/** One event in the life of an endpoint. */
export interface EndpointChange {
  /** In ms since the Unix epoch. */
  readonly at: number
  readonly event: 'joined' | 'held' | 'released' | 'left'
  /** The hold's; empty for an endpoint that joined or left. */
  readonly reason: string
  readonly cause: string
}

/** Why an endpoint is as it is. */
export interface EndpointState {
  readonly holds: readonly HoldStatus[]
  /** The last 20, oldest first. */
  readonly changes: readonly EndpointChange[]
}

/** Endpoints that a flow must not be sent to, such as those it has already tried. */
export interface EndpointSet {
  has(endpoint: Endpoint): boolean
  add(endpoint: Endpoint): void
}
