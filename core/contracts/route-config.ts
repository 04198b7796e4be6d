import type { Wanted } from './router.ts'
import type { Duration, Size } from './units.ts'
import type { ChainUse } from './uses.ts'

/**
 * What is wanted of each name: this text, `true` that it is there, `false` that it is not, or a
 * RegExp without `g` and `y`.
 */
export type Conditions = Readonly<Record<string, Wanted>>

/** Shares of the requests by upstream, relative to each other. One of 0 gets none. */
export type Shares<Upstreams extends string = string> = { readonly [Name in Upstreams]?: number }

/** Where each person's requests go, so that one who was on one side stays there. */
export interface SplitConfig {
  /** What is hashed: the client's address, or a cookie or header by its name. */
  by: 'ip' | { cookie: string } | { header: string }
  /** Hashed beside it. The route's `name`, or what stands for it, by default. */
  salt?: string
}

/** Another path for the endpoint; the query stays. */
export type RewriteConfig =
  | {
      /** Stands in place of the route's `path` up to its first parameter; `'/'` strips that. */
      prefix: string
      path?: never
    }
  | {
      /** The whole path, with parameters of the route's: `'/people/:id/profile'`, `'/files/*'`. */
      path: string
      prefix?: never
    }

/** Another place that clients are told to go to. */
export interface RedirectConfig {
  /**
   * A path or a URL, with `{host}`, `{path}`, `{query}` and `{param.NAME}` in it:
   * `'https://{host}{path}{query}'`.
   */
  to: string
  /** `302` by default. */
  status?: 301 | 302 | 303 | 307 | 308
}

/** An answer that is always the same. */
export interface RespondConfig {
  /** 200 to 599. `200` by default. */
  status?: number
  /** `'text/plain; charset=utf-8'` for text unless it says otherwise. */
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

/** A second upstream that sees what the first sees, and whose answers nobody sees. */
export interface MirrorConfig<Upstreams extends string = string> {
  to: Upstreams
  /** The share of requests that are copied, 0 to 1. `1` by default. */
  share?: number
  /** A request whose body is larger is not copied. `'64kb'` by default. */
  maxBody?: Size
  /** For a whole copy, its answer included. `'10s'` by default. */
  timeout?: Duration
  /** Copies at one time; beyond it none is made. `100` by default. */
  maxConcurrent?: number
}

/** What stands in for an endpoint's answer when there is none. */
export type FallbackConfig<Upstreams extends string = string> = {
  /**
   * The gateway's own errors that it stands in for: 503 where no endpoint is ready or a breaker
   * refuses, 502 where the last attempt failed, 504 where it took too long. `[503]` by default.
   * Answers of endpoints pass as they are, whatever their status.
   */
  on?: readonly (502 | 503 | 504)[]
} & (
  | {
      /**
       * Another upstream. Only requests that may be sent again go there: nothing of them went out
       * before, or their method is idempotent; and their body is whole.
       */
      to: Upstreams
      status?: never
      headers?: never
      body?: never
    }
  | {
      /** Of an answer that is always the same, 200 to 599. */
      status: number
      headers?: Record<string, string | string[]>
      body?: string | Uint8Array
      to?: never
    }
)

/** Identical requests that are under way at one time, made one. */
export interface CoalesceConfig {
  key?: {
    /** Headers that belong to it, such as `'authorization'`: requests that have it are shared then. */
    headers?: string[]
    /** Headers that do not, beside those that are known to make no difference. */
    ignore?: string[]
  }
  /** A larger answer is not shared. `'1mb'` by default. */
  maxBytes?: Size
  /** How long one waits for another's answer. `'5s'` by default. */
  wait?: Duration
  /** So much of all answers together is kept at one time. `'64mb'` by default. */
  maxKept?: Size
  /** So many of those who waited for nothing ask at one time. `10` by default. */
  maxAlone?: number
  /** After so many failures in a row those who wait are answered 503. `2` by default. */
  failures?: number
  /** For how long nobody waits where an answer was not shared. `'10s'` by default. */
  remember?: Duration
}

/**
 * Sends matching requests to an upstream, or answers them. The most specific matching route wins.
 */
export type RouteConfig<Upstreams extends string = string> = RouteFields<Upstreams> &
  (
    | { to: Upstreams | Shares<Upstreams> }
    | { redirect: RedirectConfig }
    | { respond: RespondConfig }
  )

/** What a route may hold. One without `to` needs `redirect` or `respond`. */
export interface RouteFields<Upstreams extends string = string> {
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
  /** The most that a request's body may have; beyond it 413. The gateway's `bodyLimit` by default. */
  bodyLimit?: Size
  /** The name of an upstream, or shares of several: `{ stable: 95, canary: 5 }`. */
  to?: Upstreams | Shares<Upstreams>
  /** The part of the chain that runs for this route, after the gateway's. */
  plugins?: readonly ChainUse[]
  /** Keeps a person on one side of `to`. By chance for each request by default. */
  split?: SplitConfig
  /** Sends another path to the endpoint. What the client sent by default. */
  rewrite?: RewriteConfig
  /** Answers with another place to go to, after the route's plugins. */
  redirect?: RedirectConfig
  /** Answers with what stands here, after the route's plugins. */
  respond?: RespondConfig
  /** Sends copies of requests to a second upstream as well. */
  mirror?: MirrorConfig<Upstreams>
  /** Stands in when no endpoint of the upstream is ready. 503 with Retry-After by default. */
  fallback?: FallbackConfig<Upstreams>
  /** Lets identical GETs at one time share one request to the endpoint. */
  coalesce?: CoalesceConfig
}
