import type { Plugin } from '../contracts/plugin.ts'
import type { RouteMatch } from '../contracts/router.ts'
import type { Selector } from '../contracts/selector.ts'
import type { Strategy } from '../contracts/strategy.ts'
import type { Binding } from '../contracts/token.ts'
import type { EndpointTarget } from '../contracts/transport.ts'
import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import type { Definition, FastifyPlugin } from '../contracts/uses.ts'
import type { EndpointPlace } from '../upstream/endpoint.ts'
import type { UpstreamLimits } from '../upstream/settings.ts'

/** A config after validation: defaults filled, units parsed, nothing optional, nothing created. */
export interface ResolvedGateway {
  readonly listeners: readonly ResolvedListener[]
  readonly tcp: readonly ResolvedTcp[]
  readonly udp: readonly ResolvedUdp[]
  readonly upstreams: readonly ResolvedUpstream[]
  readonly routes: readonly ResolvedRoute[]
  readonly plugins: readonly ResolvedChainUse[]
  readonly provide: readonly Binding[]
  readonly shutdownTimeoutMs: number
  /** Whether the config itself says so. */
  readonly saysShutdownTimeout: boolean
  readonly shed: { readonly heap: number; readonly stop: number }
}

export interface ResolvedListener {
  readonly kind: 'http'
  readonly port: number
  readonly host: string
  readonly trust: readonly string[]
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly maxHeaderSize: number
  readonly minRate: { readonly bytes: number; readonly grace: number }
  readonly maxConnections: number
  readonly tls: ResolvedTls | undefined
  /** CIDRs of proxies that speak the PROXY protocol; undefined where none is expected. */
  readonly proxies: readonly string[] | undefined
  readonly redirect: ResolvedRedirect | undefined
}

/** Where connections are taken. */
export interface ResolvedTcp {
  readonly kind: 'tcp'
  readonly host: string
  readonly port: number
  /** `tcp[0]`, for messages. */
  readonly place: string
  /** Empty where only `routes` says. */
  readonly to: string
  readonly routes: readonly ResolvedTcpRoute[]
  /** CIDRs of proxies; undefined where none is expected. */
  readonly proxies: readonly string[] | undefined
  /** Where TLS ends here. */
  readonly tls: ResolvedTls | undefined
  readonly openingTimeoutMs: number
  readonly plugins: readonly ResolvedUse<Plugin>[]
  /** 0 for any number. */
  readonly maxConnections: number
  readonly maxConnectionsPerClient: number
  readonly queue: { readonly size: number; readonly timeoutMs: number }
  readonly idleTimeoutMs: number
  readonly onDown: 'keep' | 'close'
}

/** Where the connections of a TLS client go. */
export interface ResolvedTcpRoute {
  /** In lower case. */
  readonly names: readonly string[]
  /** Empty for any. */
  readonly alpn: readonly string[]
  readonly to: string
}

/** Where datagrams are taken. */
export interface ResolvedUdp {
  readonly kind: 'udp'
  readonly host: string
  readonly port: number
  /** `udp[0]`, for messages. */
  readonly place: string
  readonly to: string
  readonly flow: 'oneShot' | 'conversation' | 'oneWay'
  readonly plugins: readonly ResolvedUse<Plugin>[]
  /** To one datagram of a client; 0 for any number. */
  readonly replies: number
  /** 0 where no reply is waited for. */
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly onDown: 'move' | 'keep'
  readonly maxFlows: number
  /** 0 for any number. */
  readonly maxFlowsPerClient: number
}

/** What a config says of a port, of either layer. */
export type ResolvedDoor = ResolvedListener | ResolvedTcp | ResolvedUdp

/** A PEM text and the file it came from; empty when the config holds the text itself. */
export interface ResolvedPem {
  readonly file: string
  readonly text: string
}

export interface ResolvedCertificate {
  readonly cert: ResolvedPem
  readonly key: ResolvedPem
  readonly passphrase: string
  /** `http.tls`, or `http.tls.sni["a.example.com"]`, for messages. */
  readonly place: string
}

export interface ResolvedTls {
  /** For clients that ask for no name, or for one that nobody has. */
  readonly certificate: ResolvedCertificate
  /** By lower-case name or `*.` wildcard. */
  readonly sni: ReadonlyMap<string, ResolvedCertificate>
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly ciphers: string
  readonly clientCa: ResolvedPem | undefined
  readonly clientAuth: 'require' | 'request'
  /** Lower case; empty for none. */
  readonly clientCertHeader: string
  readonly http2: boolean
}

export interface ResolvedRedirect {
  readonly port: number
  readonly status: number | 'by-method'
}

export type ResolvedEndpoint = EndpointPlace

export interface ResolvedUpstream {
  readonly name: string
  readonly endpoints: readonly ResolvedEndpoint[]
  /** The plugin that discovers them, in place of a list. */
  readonly discover: ResolvedUse<Plugin> | undefined
  readonly balance: ResolvedUse<Strategy>
  /** Outermost first. */
  readonly select: readonly ResolvedUse<Selector>[]
  readonly plugins: readonly ResolvedUse<Plugin>[]
  readonly host: string
  /** What is the same for every endpoint's connections. */
  readonly target: Omit<EndpointTarget, 'url'>
  readonly limits: UpstreamLimits
  readonly failure: UpstreamConfig['failure']
  readonly tunnelTimeoutMs: number
}

export interface ResolvedRoute {
  readonly id: string
  readonly path: string
  readonly match: RouteMatch
  /** 0 for no limit. */
  readonly bodyLimitBytes: number
  /** Every upstream that requests may be sent to, in the config's order; none on one that answers. */
  readonly to: readonly string[]
  /** The share of each upstream as it is written; empty where `to` is one name. */
  readonly shares: Readonly<Record<string, unknown>>
  /** Upstreams that get copies. */
  readonly mirrors: readonly string[]
  /** Upstreams that stand in for those. */
  readonly fallbacks: readonly string[]
  readonly plugins: readonly ResolvedChainUse[]
  /** The plugins behind the route's fields, by field, in the order of the chain. */
  readonly fields: ReadonlyMap<string, ResolvedUse<Plugin>>
}

/** One use of a plugin or strategy with its options, and where it stands. */
export interface ResolvedUse<Instance> {
  readonly kind: 'use'
  /** Whether it is a plugin, which has a life of its own, or a strategy. */
  readonly isPlugin: boolean
  readonly definition: Definition<Instance>
  readonly options: unknown
  /** `routes[0].plugins[1] rate-limit`, for messages. */
  readonly place: string
}

export interface ResolvedNative {
  readonly kind: 'native'
  readonly plugin: FastifyPlugin
  readonly name: string
  readonly options: unknown
  readonly place: string
}

export type ResolvedChainUse = ResolvedUse<Plugin> | ResolvedNative
