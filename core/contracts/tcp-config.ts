import type { ListenerTlsConfig } from './listener-config.ts'
import type { Duration } from './units.ts'
import type { PluginUse } from './uses.ts'

/** Where the gateway takes TCP connections, and the upstream that it hands them to. */
export interface TcpListenerConfig<Upstreams extends string = string> {
  /** 0 to 65535; 0 lets the system choose. */
  port: number
  /** The address to bind. `'0.0.0.0'` by default. */
  host?: string
  /**
   * The upstream of its connections; its endpoints are `tcp://host:port`, or `tls://` over TLS. With
   * `routes` it takes those that none of them does, and may be left out.
   */
  to?: Upstreams
  /** Where TLS connections go by the name that they ask for. TLS itself is passed through. */
  routes?: readonly TcpRouteConfig<Upstreams>[]
  /** Expects the PROXY protocol, version 1 or 2, from every client. */
  proxyProtocol?: ProxyProtocolConfig
  /**
   * Ends TLS here, as `http.tls` does; the bytes inside go on. `routes` go by the name of the finished
   * handshake then, and their `alpn` are the protocols that clients are offered.
   */
  tls?: TcpTlsConfig
  /** For what comes before the first byte is passed on: a PROXY header, a TLS greeting. `'5s'` by default. */
  openingTimeout?: Duration
  /** The part of the chain that runs for its connections, after the gateway's. */
  plugins?: readonly PluginUse[]
  /** Connections at once; more wait in `queue`. 0, the default, for any number. */
  maxConnections?: number
  /** Connections at once of one client's address; more are closed. 0, the default, for any number. */
  maxConnectionsPerClient?: number
  /** Those that wait for a place: here, or on an endpoint while all of them are full. */
  queue?: TcpQueueConfig
  /** Without a byte either way. `'1h'` by default, 0 for no limit. */
  idleTimeout?: Duration
  /**
   * What becomes of connections whose endpoint is held while they last, such as by a health check:
   * they stay, or are closed so that their clients come again. A drain is neither. `'keep'` by default.
   */
  onDown?: 'keep' | 'close'
}

/** Where TLS connections go that ask for one of some names. */
export interface TcpRouteConfig<Upstreams extends string = string> {
  /**
   * The names: `'a.example.com'`, or `'*.example.com'` for every name below, at any depth. An exact
   * name wins, then the longest wildcard.
   */
  serverName: string | readonly string[]
  /** Only for those that offer one of these protocols by ALPN, such as `'h2'`. */
  alpn?: string | readonly string[]
  to: Upstreams
}

/** Certificates of a listener for connections. */
export type TcpTlsConfig = Omit<ListenerTlsConfig, 'http2' | 'clientCertHeader'>

/** Proxies in front that say who their clients are. */
export interface ProxyProtocolConfig {
  /** CIDRs of those proxies. Connections of anybody else are closed. */
  trust: readonly string[]
}

/** Connections that wait for a place. */
export interface TcpQueueConfig {
  /** So many; one more is closed. 128 by default, 0 for none. */
  size?: number
  /** For so long; then they are closed. `'5s'` by default. */
  timeout?: Duration
}
