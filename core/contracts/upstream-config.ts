import type { AnswerHead } from './exchange.ts'
import type { Outcome } from './flow.ts'
import type { Duration } from './units.ts'
import type { PluginUse, SelectorUse, StrategyUse } from './uses.ts'

/** One place that traffic can go to. */
export interface EndpointConfig {
  /** Scheme, host and port: `http://10.0.0.1:9001`. No path, no credentials. */
  url: string
  /** A share relative to the others', above 0 to 65535. 1 by default. */
  weight?: number
  /** A name that stays when the address changes. The URL's host and port by default. */
  id?: string
  /** Its level, 0 to 127: 0 is used first, the next ones as those before fail. 0 by default. */
  priority?: number
  /** Where it stands, such as `'eu-west-1a'`, for the `zone` selector. */
  zone?: string
  /**
   * The name that it goes by where its URL has an address: what TLS asks for and verifies, unless
   * `tls.servername` of the upstream does, and what `host: 'upstream'` sends. The URL's host by
   * default.
   */
  servername?: string
}

/** How TLS to an upstream's endpoints is verified. On by default, against the system's roots. */
export interface UpstreamTlsConfig {
  /** Certificates to trust in place of the system's, in PEM, or the path of a file of them. */
  ca?: string
  /** The certificate to show to the endpoints, its chain behind it, in PEM, or a file's path. */
  cert?: string
  /** Its private key, unencrypted, in PEM, or a file's path. */
  key?: string
  /** The name to verify and to send as SNI, in place of the URL's host. */
  servername?: string
  /** True accepts any certificate. Loudly logged: anyone in between can read and answer. */
  insecure?: boolean
}

/** How long an upstream's endpoints may take. */
export interface UpstreamTimeouts {
  /** For a connection, TLS included. `'5s'` by default. */
  connect?: Duration
  /** From the end of the request to the head of the answer. `'60s'` by default. */
  response?: Duration
  /** Between two pieces of a body, either way, while the endpoint is the one to move. `'60s'` by default. */
  idle?: Duration
  /**
   * For the whole exchange, retries included, from the choice of the upstream to the last byte of
   * the answer. None by default: a stream may last as long as it moves.
   */
  request?: Duration
  /**
   * A header in which a client may say how many ms it waits, such as `'x-request-timeout-ms'`. It
   * goes on to the endpoint with what remains of that, or of `request`. None by default.
   */
  deadlineHeader?: string
  /** Without a byte either way on a WebSocket or another upgrade. `'1h'` by default. */
  tunnel?: Duration
}

/** The connections to each endpoint of an upstream. */
export interface UpstreamConnections {
  /**
   * So many requests and tunnels may be on one endpoint at once; further ones go to another, or get
   * 503 when all are full. None by default.
   */
  max?: number
  /** So many may wait for their next request; the others are closed. 1024 by default. */
  idle?: number
  /**
   * For so long; 0 for no limit. `'60s'` by default, and always a second less than the endpoint's
   * own `Keep-Alive: timeout`.
   */
  keepAlive?: Duration
}

/** A named group of endpoints. */
export interface UpstreamConfig {
  /** The places, or a plugin that discovers them. */
  endpoints: readonly (string | EndpointConfig)[] | PluginUse
  /** The strategy that chooses among the ready endpoints. */
  balance: StrategyUse
  /**
   * What stands around the strategy, outermost first. `[priority()]` by default: levels by the
   * endpoints' `priority`, and a panic when fewer than half are ready.
   */
  select?: readonly SelectorUse[]
  /** The part of the chain that runs for this upstream, after the route's. */
  plugins?: readonly PluginUse[]
  /**
   * The Host header sent: the client's (`'preserve'`, the default), the endpoint's own
   * (`'upstream'`), or this text.
   */
  host?: 'preserve' | 'upstream' | (string & {})
  tls?: UpstreamTlsConfig
  timeouts?: UpstreamTimeouts
  connections?: UpstreamConnections
  /**
   * Tells each endpoint who connected, by the PROXY protocol, at the start of each connection. For the
   * upstreams of TCP listeners.
   */
  proxyProtocol?: 'v1' | 'v2'
  /**
   * What the endpoints are spoken to in: HTTP/1.1 (`'h1'`, the default), or HTTP/2 (`'h2'`), which
   * gRPC needs: by ALPN over https, with prior knowledge over http.
   */
  protocol?: 'h1' | 'h2'
  /** Decides in place of the status table what an answer's head says about its endpoint. */
  failure?: (answer: Pick<AnswerHead, 'status' | 'header'>) => Outcome
}
