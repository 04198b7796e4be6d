/** What a route matches on; everything is already validated. */
export interface RouteMatch {
  /** Lower case, without port: `api.example.com`, `*.example.com`; empty means any host. */
  readonly hosts: readonly string[]
  /** `/users`, `/users/:id`, `/files/*`; see the path rules in docs/reference/config. */
  readonly path: string
  /** Whether the path must be the whole one; otherwise what lies below it matches too. */
  readonly exact: boolean
  /** Upper case; empty means any. */
  readonly methods: readonly string[]
}

/** Path parameters by name, as the client sent them, undecoded. */
export type Params = Readonly<Record<string, string>>

/** Finds the route of a request. */
export interface Router {
  /**
   * The number of the most specific route, or -1. `host` is as received, port included; `path` is
   * the raw path without its query.
   */
  find(method: string, host: string, path: string): number
  /** The methods that would find a route there, sorted; empty when none would. */
  allowed(host: string, path: string): readonly string[]
  /** The parameters of a route in a path that it matched. */
  params(route: number, path: string): Params
}

/** Makes a router over all routes of a config, once per generation; bound to ROUTER. */
export type RouterFactory = (routes: readonly RouteMatch[]) => Router
