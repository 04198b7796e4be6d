/**
 * What a condition asks for: this exact value, `true` that there is one, `false` that there is
 * none, or a RegExp that finds something in it.
 */
export type Wanted = string | boolean | RegExp

/** One condition of a route on a header, a query parameter or a cookie. */
export interface Condition {
  readonly on: 'header' | 'query' | 'cookie'
  /** Of a header in lower case. */
  readonly name: string
  /** A RegExp has no flag `g` or `y`, so it keeps no state. */
  readonly wanted: Wanted
}

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
  /** All of them must hold. */
  readonly conditions: readonly Condition[]
}

/** A request as routers see it, valid until `find` or `allowed` returns. */
export interface RoutedRequest {
  readonly method: string
  /** As received, port included; empty when the request names none. */
  readonly host: string
  /** The raw path without its query. */
  readonly path: string
  /** The first line of a header, by its name in lower case. */
  header(name: string): string | undefined
  /** The first value of a query parameter, decoded. */
  query(name: string): string | undefined
  /** The first value of a cookie, as it was sent. */
  cookie(name: string): string | undefined
}

/** Path parameters by name, as the client sent them, undecoded. */
export type Params = Readonly<Record<string, string>>

/** Finds the route of a request. */
export interface Router {
  /** The number of the most specific route, or -1. Called for each request: keep it cheap. */
  find(request: RoutedRequest): number
  /**
   * The methods for which the same request would find a route, sorted; empty when none would.
   * Called after `find` gave -1: the difference between 405 and 404.
   */
  allowed(request: RoutedRequest): readonly string[]
  /** The parameters of a route in a path that it matched. */
  params(route: number, path: string): Params
}

/** Makes a router over all routes of a config, once per generation; bound to ROUTER. */
export type RouterFactory = (routes: readonly RouteMatch[]) => Router
