/** What DNS is asked, of whom, and for how long. */
export interface DnsQuery {
  /** A whole name: no search domains are tried, and no hosts file is read. */
  readonly name: string
  /** Servers as `address` or `address:port`, in this order; empty for the system's. */
  readonly servers: readonly string[]
  /** For the whole answer, all servers and tries together. */
  readonly timeoutMs: number
}

/** One A or AAAA record. */
export interface DnsAddress {
  readonly address: string
  /** How long it may be kept. */
  readonly ttlMs: number
}

/** One SRV record (RFC 2782). */
export interface DnsService {
  /** The name of the host; `.` says that there is no such service. */
  readonly target: string
  readonly port: number
  /** 0 to 65535; the lowest is used first. */
  readonly priority: number
  /** 0 to 65535: its share among those of its priority. */
  readonly weight: number
}

/**
 * How plugins ask DNS; bound to RESOLVER. Nothing is cached. A name that does not exist, or has no such
 * records, has none: that is an answer. Where there is no answer, the promise is rejected.
 */
export interface Resolver {
  addresses(family: 4 | 6, query: DnsQuery): Promise<readonly DnsAddress[]>
  services(query: DnsQuery): Promise<readonly DnsService[]>
}
