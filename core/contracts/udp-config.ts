import type { Duration } from './units.ts'
import type { PluginUse } from './uses.ts'

/** Where the gateway takes datagrams, and the upstream that it sends them to. */
export interface UdpListenerConfig<Upstreams extends string = string> {
  /** 0 to 65535; 0 lets the system choose. */
  port: number
  /** The address to bind. `'0.0.0.0'` by default. */
  host?: string
  /** The upstream of its datagrams; its endpoints are `udp://host:port`. */
  to: Upstreams
  /**
   * What belongs together. `'oneShot'`: a datagram and its replies, as in DNS. `'conversation'`: all
   * that one address and port sends, to one endpoint until both are quiet for `idleTimeout`.
   * `'oneWay'`: each datagram alone, and no replies, as in syslog.
   */
  flow: 'oneShot' | 'conversation' | 'oneWay'
  /** The part of the chain that runs for its flows, after the gateway's. */
  plugins?: readonly PluginUse[]
  /**
   * Replies to one datagram of a client: a flow of `oneShot` is over with the last one, and more than
   * so many never go back. 1 by default; in a `conversation` 0, the default, is any number.
   */
  replies?: number
  /**
   * For the replies to come; then the endpoint has failed. `'2s'` by default. In a `conversation` for
   * the first one, and 0, the default, waits for none.
   */
  timeout?: Duration
  /** Without a datagram either way a `conversation` is over. `'30s'` by default. */
  idleTimeout?: Duration
  /**
   * Where the next datagram of a `conversation` goes when something but a drain holds its endpoint:
   * `'move'`, the default, to another endpoint; `'keep'` to the same.
   */
  onDown?: 'move' | 'keep'
  /** Flows at once; datagrams that would begin one more are dropped. 10,000 by default. */
  maxFlows?: number
  /** The same of one client's address. 0, the default, for any number. */
  maxFlowsPerClient?: number
}
