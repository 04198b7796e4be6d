import type { AnswerHead } from './exchange.ts'
import type { Outcome } from './flow.ts'
import type { ListenerMinRate, ShedConfig } from './limits.ts'
import type { Wanted } from './router.ts'
import type { Binding } from './token.ts'
import type { ChainUse, PluginUse, StrategyUse } from './uses.ts'

/** A duration: ms as a number, or a number with its unit, such as `'250ms'`, `'30s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

/** A size: bytes as a number, or a number with its unit of 1,024s, such as `'64kb'`, `'10mb'`. */
export type Size = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`

/** Where the gateway takes HTTP requests. */
export interface ListenerConfig {
  /** 0 to 65535; 0 lets the system choose. */
  port: number
  /** The address to bind. `'0.0.0.0'` by default. */
  host?: string
  /**
   * CIDRs of proxies in front whose X-Forwarded-* are believed. None by default: what a client
   * sends is replaced.
   */
  trust?: readonly string[]
  /** For the whole head of a request to arrive. `'5s'` by default; a slower one gets 408. */
  headersTimeout?: Duration
  /** For a whole request, body included, to arrive; 0 for no limit. `'5m'` by default. */
  requestTimeout?: Duration
  /** For the next request on an idle connection. `'72s'` by default. */
  keepAliveTimeout?: Duration
  /** The size of a request's head; beyond it 431. `'16kb'` by default. */
  maxHeaderSize?: Size
  /** How fast a client must send a body and take an answer. */
  minRate?: ListenerMinRate
  /**
   * Open connections; one beyond is closed as soon as it is there. 0, the default, for any number.
   */
  maxConnections?: number
  /** Speaks TLS here, with HTTP/2 for clients that ask for it. */
  tls?: ListenerTlsConfig
  /** Sends every client to https instead of serving it. Not together with `tls`. */
  redirect?: 'https' | HttpsRedirectConfig
}

/** A certificate with its key. Files are read again when they change. */
export interface CertificateConfig {
  /** The certificate, then those between it and the root: a PEM file, or the PEM text itself. */
  cert: string
  /** Its private key: a PEM file, or the PEM text itself. */
  key: string
  /** Opens the key where it is encrypted. */
  passphrase?: string
}

/** How a listener speaks TLS. */
export interface ListenerTlsConfig {
  /**
   * The certificate, then those between it and the root: a PEM file, or the PEM text itself. For
   * clients that ask for no name, or for one that `sni` does not have.
   */
  cert: string
  /** Its private key: a PEM file, or the PEM text itself. */
  key: string
  /** Opens the key where it is encrypted. */
  passphrase?: string
  /**
   * Certificates by the name that the client asks for: `'a.example.com'`, or `'*.example.com'` for
   * every name below, at any depth. An exact name wins, then the longest wildcard.
   */
  sni?: Readonly<Record<string, CertificateConfig>>
  /** The oldest version spoken. `'TLSv1.2'` by default. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Cipher suites in OpenSSL's notation, in place of Node's. */
  ciphers?: string
  /** Certificates that sign those of clients: a PEM file, or the PEM text itself. */
  clientCa?: string
  /**
   * With `clientCa`: `'require'` ends the handshake of a client without a certificate that
   * verifies, `'request'` serves it as one that showed none. `'require'` by default.
   */
  clientAuth?: 'require' | 'request'
  /**
   * The request header that tells endpoints the subject of a client certificate that verified. The
   * gateway removes it from what any client sends, on every listener.
   */
  clientCertHeader?: string
  /** Offers HTTP/2 beside HTTP/1.1; false leaves HTTP/1.1 alone. */
  http2?: boolean
}

/** Where a listener sends its clients. */
export interface HttpsRedirectConfig {
  /** The scheme of the new location. */
  to: 'https'
  /** The port in the new location. 443 by default. */
  port?: number
  /** `'by-method'`, the default, is 301 for GET and HEAD, 308 for other methods. */
  status?: 301 | 302 | 307 | 308 | 'by-method'
}

/** One place that traffic can go to. */
export interface EndpointConfig {
  /** Scheme, host and port: `http://10.0.0.1:9001`. No path, no credentials. */
  url: string
  /** A share relative to the others', above 0 to 65535. 1 by default. */
  weight?: number
  /** A name that stays when the address changes. The URL's host and port by default. */
  id?: string
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
  endpoints: readonly (string | EndpointConfig)[]
  /** The strategy that chooses among the ready endpoints. */
  balance: StrategyUse
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
   * What the endpoints are spoken to in: HTTP/1.1 (`'h1'`, the default), or HTTP/2 (`'h2'`), which
   * gRPC needs: by ALPN over https, with prior knowledge over http.
   */
  protocol?: 'h1' | 'h2'
  /** Decides in place of the status table what an answer's head says about its endpoint. */
  failure?: (answer: Pick<AnswerHead, 'status' | 'header'>) => Outcome
}

/**
 * What is wanted of each name: this text, `true` that it is there, `false` that it is not, or a
 * RegExp without `g` and `y`.
 */
export type Conditions = Readonly<Record<string, Wanted>>

/** Sends matching requests to an upstream. The most specific matching route wins. */
export interface RouteConfig<Upstreams extends string = string> {
  /** The label for logs and metrics. Methods, host and path by default. */
  name?: string
  /** `'api.example.com'`, `'*.example.com'`, or several. Any host by default. */
  host?: string | readonly string[]
  /**
   * `'/users'` and all below it, `'/users/:id'`, `'/files/*'`; `'/'`, the default, is every path.
   */
  path?: string
  /** True matches only the whole path, nothing below it. */
  exact?: boolean
  /** Any method by default. */
  methods?: readonly string[]
  /** What the request's headers must be: `{ 'x-beta': '1' }`. Names are in any case. */
  headers?: Conditions
  /** What its query must hold, decoded: `{ version: /^2/ }`. */
  query?: Conditions
  /** What its cookies must be: `{ beta: true }`. */
  cookies?: Conditions
  to: Upstreams
  /** The most that a request's body may have; beyond it 413. The gateway's `bodyLimit` by default. */
  bodyLimit?: Size
  /** The part of the chain that runs for this route, after the gateway's. */
  plugins?: readonly ChainUse[]
}

/** A whole gateway. */
export interface GatewayConfig<Upstreams extends string = string> {
  http: ListenerConfig | readonly ListenerConfig[]
  upstreams: { readonly [Name in Upstreams]: UpstreamConfig }
  routes: readonly RouteConfig<NoInfer<Upstreams>>[]
  /** The part of the chain that runs for every route, first. */
  plugins?: readonly ChainUse[]
  /** Services to use in place of the gateway's own, each made by `bind`. Read at boot only. */
  provide?: readonly Binding[]
  /** The most that a request's body may have, on every route that says nothing else. None by default. */
  bodyLimit?: Size
  /** How long a stop waits for what is in flight. `'30s'` by default. */
  shutdownTimeout?: Duration
  /**
   * Over how long a stop spreads its asking WebSockets to reconnect, at most 80 % of
   * `shutdownTimeout`. `'24s'` by default.
   */
  tunnelSpread?: Duration
  /** When the gateway refuses work for want of memory. */
  shed?: ShedConfig
}
