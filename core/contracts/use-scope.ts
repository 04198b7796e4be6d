/** Where a use of a plugin or a strategy stands in the config; bound to SCOPE. */
export interface UseScope {
  /** What it is for: everything, one upstream, or one route. */
  readonly kind: 'gateway' | 'upstream' | 'route'
  /** The upstream's name, or the route's id; empty for the gateway. */
  readonly name: string
}
