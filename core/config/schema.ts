import { type TObject, Type } from 'typebox'
import type { UpstreamConfig } from '../contracts/config.ts'
import { closed } from './options.ts'
import { duration, size } from './units.ts'

const optional = Type.Optional

/** `listeners`, `upstreams` and so on are validated piece by piece, so that places are exact. */
export const GATEWAY = own({
  http: Type.Unsafe<unknown>({}),
  upstreams: Type.Record(Type.String(), Type.Unsafe<unknown>({})),
  routes: Type.Array(Type.Unsafe<unknown>({})),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
  provide: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
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
})

export const ENDPOINT = own({
  url: Type.String(),
  weight: optional(Type.Number({ exclusiveMinimum: 0, maximum: 65_535, default: 1 })),
  // Empty means the URL's host and port.
  id: optional(Type.String({ default: '' })),
})

export const UPSTREAM = own({
  endpoints: Type.Array(Type.Unsafe<unknown>({}), { minItems: 1 }),
  balance: Type.Unsafe<unknown>({}),
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
      },
      { default: {} },
    ),
  ),
  connections: optional(
    Type.Object(
      {
        idle: optional(Type.Integer({ minimum: 0, default: 1_024 })),
        keepAlive: optional(duration({ default: '60s' })),
      },
      { default: {} },
    ),
  ),
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
  to: Type.Unsafe<string>({}),
  plugins: optional(Type.Array(Type.Unsafe<unknown>({}), { default: [] })),
})

function own<Properties extends Parameters<typeof Type.Object>[0]>(properties: Properties) {
  return closed('config', Type.Object(properties)) as unknown as TObject<Properties>
}
