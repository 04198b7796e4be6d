import { type TObject, Type } from 'typebox'
import type { UpstreamConfig } from '../contracts/upstream-config.ts'
import { closed } from './options.ts'
import { duration, size } from './units.ts'

const optional = Type.Optional

/** `listeners`, `upstreams` and so on are validated piece by piece, so that places are exact. */
export const GATEWAY = own({
  http: optional(Type.Unsafe<unknown>({ default: null })),
  tcp: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  udp: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  upstreams: Type.Record(Type.String(), Type.Unsafe<unknown>({})),
  routes: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  provide: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  bodyLimit: optional(size({ default: 0 })),
  shutdownTimeout: optional(duration({ default: '30s' })),
  shed: optional(
    Type.Object(
      {
        heap: optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.95 })),
        stop: optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.98 })),
      },
      { default: {} },
    ),
  ),
})

export const LISTENER = own({
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  host: optional(Type.String({ minLength: 1, default: '0.0.0.0' })),
  trust: optional(Type.Array(Type.String(), { default: [] })),
  headersTimeout: optional(duration({ default: '5s' })),
  requestTimeout: optional(duration({ default: '5m' })),
  keepAliveTimeout: optional(duration({ default: '72s' })),
  maxHeaderSize: optional(size({ default: '16kb' })),
  minRate: optional(
    Type.Object(
      {
        bytes: optional(size({ default: 240 })),
        grace: optional(duration({ default: '5s' })),
      },
      { default: {} },
    ),
  ),
  maxConnections: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
  // Validated by themselves, so that places are exact.
  tls: optional(Type.Unsafe<unknown>({ default: null })),
  proxyProtocol: optional(Type.Unsafe<unknown>({ default: null })),
  redirect: optional(Type.Unsafe<unknown>({ default: null })),
})

export const TCP = own({
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  host: optional(Type.String({ minLength: 1, default: '0.0.0.0' })),
  to: optional(Type.String({ default: '' })),
  // Validated by themselves, so that places are exact.
  routes: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  proxyProtocol: optional(Type.Unsafe<unknown>({ default: null })),
  tls: optional(Type.Unsafe<unknown>({ default: null })),
  openingTimeout: optional(duration({ default: '5s' })),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  maxConnections: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
  maxConnectionsPerClient: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
  queue: optional(
    Type.Object(
      {
        size: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 128 })),
        timeout: optional(duration({ default: '5s' })),
      },
      { default: {} },
    ),
  ),
  idleTimeout: optional(duration({ default: '1h' })),
  onDown: optional(Type.Unsafe<'keep' | 'close'>({ enum: ['keep', 'close'], default: 'keep' })),
})

export const TCP_ROUTE = own({
  serverName: Type.Unsafe<string | string[]>({
    type: ['string', 'array'],
    items: { type: 'string' },
    minItems: 1,
  }),
  alpn: optional(
    Type.Unsafe<string | string[]>({
      type: ['string', 'array'],
      items: { type: 'string' },
      default: [],
    }),
  ),
  to: Type.String(),
})

export const UDP = own({
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  host: optional(Type.String({ minLength: 1, default: '0.0.0.0' })),
  to: Type.String(),
  flow: Type.Unsafe<'oneShot' | 'conversation' | 'oneWay'>({
    enum: ['oneShot', 'conversation', 'oneWay'],
  }),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  // The defaults of these two are those of `oneShot`.
  replies: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1 })),
  timeout: optional(duration({ default: '2s' })),
  idleTimeout: optional(duration({ default: '30s' })),
  onDown: optional(Type.Unsafe<'move' | 'keep'>({ enum: ['move', 'keep'], default: 'move' })),
  maxFlows: optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000 })),
  maxFlowsPerClient: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
})

export const PROXY_PROTOCOL = own({
  trust: Type.Array(Type.String(), { minItems: 1 }),
})

export const CERTIFICATE = own({
  cert: Type.String({ minLength: 1 }),
  key: Type.String({ minLength: 1 }),
  passphrase: optional(Type.String({ default: '' })),
})

export const LISTENER_TLS = own({
  cert: Type.String({ minLength: 1 }),
  key: Type.String({ minLength: 1 }),
  passphrase: optional(Type.String({ default: '' })),
  sni: optional(Type.Record(Type.String(), Type.Unsafe<unknown>({}), { default: {} })),
  minVersion: optional(
    Type.Unsafe<'TLSv1.2' | 'TLSv1.3'>({ enum: ['TLSv1.2', 'TLSv1.3'], default: 'TLSv1.2' }),
  ),
  ciphers: optional(Type.String({ default: '' })),
  clientCa: optional(Type.String({ default: '' })),
  clientAuth: optional(
    Type.Unsafe<'require' | 'request'>({ enum: ['require', 'request'], default: 'require' }),
  ),
  clientCertHeader: optional(
    Type.String({ pattern: "^([A-Za-z0-9!#$%&'*+.^_`|~-]+)?$", default: '' }),
  ),
  http2: optional(Type.Boolean({ default: true })),
})

export const HTTPS_REDIRECT = own({
  to: Type.Unsafe<'https'>({ const: 'https' }),
  port: optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 443 })),
  status: optional(
    Type.Unsafe<301 | 302 | 307 | 308 | 'by-method'>({
      enum: [301, 302, 307, 308, 'by-method'],
      default: 'by-method',
    }),
  ),
})

export const ENDPOINT = own({
  url: Type.String(),
  weight: optional(Type.Number({ exclusiveMinimum: 0, maximum: 65_535, default: 1 })),
  // Empty means the URL's host and port.
  id: optional(Type.String({ default: '' })),
  priority: optional(Type.Integer({ minimum: 0, maximum: 127, default: 0 })),
  zone: optional(Type.String({ default: '' })),
  servername: optional(Type.String({ pattern: '^[A-Za-z0-9._-]*$', default: '' })),
})

export const UPSTREAM = own({
  endpoints: Type.Unsafe<unknown>({}),
  balance: Type.Unsafe<unknown>({}),
  select: optional(Type.Unsafe<unknown>({ default: null })),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  host: optional(
    Type.String({ minLength: 1, pattern: '^[A-Za-z0-9._~-]+(:[0-9]{1,5})?$', default: 'preserve' }),
  ),
  tls: optional(
    Type.Object(
      {
        ca: optional(Type.String({ default: '' })),
        servername: optional(Type.String({ default: '' })),
        insecure: optional(Type.Boolean({ default: false })),
        cert: optional(Type.String({ default: '' })),
        key: optional(Type.String({ default: '' })),
      },
      { default: {} },
    ),
  ),
  timeouts: optional(
    Type.Object(
      {
        connect: optional(duration({ default: '5s' })),
        response: optional(duration({ default: '60s' })),
        idle: optional(duration({ default: '60s' })),
        request: optional(duration({ default: 0 })),
        deadlineHeader: optional(Type.String({ pattern: '^[A-Za-z0-9-]*$', default: '' })),
        tunnel: optional(duration({ default: '1h' })),
      },
      { default: {} },
    ),
  ),
  connections: optional(
    Type.Object(
      {
        max: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
        idle: optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1_024 })),
        keepAlive: optional(duration({ default: '60s' })),
      },
      { default: {} },
    ),
  ),
  protocol: optional(Type.Enum(['h1', 'h2'], { default: 'h1' })),
  proxyProtocol: optional(Type.Enum(['', 'v1', 'v2'], { default: '' })),
  failure: optional(
    Type.Unsafe<UpstreamConfig['failure'] | null>({ callback: 'optional', default: null }),
  ),
})

export const ROUTE = own({
  name: optional(Type.String({ default: '' })),
  host: optional(Type.Unsafe<string | string[]>({ default: [] })),
  path: optional(Type.String({ default: '/' })),
  exact: optional(Type.Boolean({ default: false })),
  methods: optional(Type.Array(Type.String(), { default: [] })),
  headers: optional(Type.Unsafe<unknown>({ default: {} })),
  query: optional(Type.Unsafe<unknown>({ default: {} })),
  cookies: optional(Type.Unsafe<unknown>({ default: {} })),
  // What a route leaves out is the gateway's.
  bodyLimit: optional(size({ default: 0 })),
  // What stands in these is validated by the plugins behind them.
  to: optional(Type.Unsafe<unknown>({ default: null })),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  split: optional(Type.Unsafe<unknown>({ default: null })),
  rewrite: optional(Type.Unsafe<unknown>({ default: null })),
  redirect: optional(Type.Unsafe<unknown>({ default: null })),
  respond: optional(Type.Unsafe<unknown>({ default: null })),
  mirror: optional(Type.Unsafe<unknown>({ default: null })),
  fallback: optional(Type.Unsafe<unknown>({ default: null })),
  coalesce: optional(Type.Unsafe<unknown>({ default: null })),
})

function own<Properties extends Parameters<typeof Type.Object>[0]>(properties: Properties) {
  return closed('config', Type.Object(properties)) as unknown as TObject<Properties>
}
