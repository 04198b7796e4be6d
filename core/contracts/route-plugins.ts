import type { Route } from './exchange.ts'
import type {
  CoalesceConfig,
  FallbackConfig,
  MirrorConfig,
  RedirectConfig,
  RespondConfig,
  RewriteConfig,
  Shares,
  SplitConfig,
} from './route-config.ts'
import type { PluginUse } from './uses.ts'

/**
 * What stands behind the fields of a route: each turns the field's value, as written and not yet
 * validated, into a use of a plugin. They run after the route's own plugins, in this order, and see
 * every upstream of the route. Bound to ROUTE_PLUGINS.
 */
export interface RoutePlugins {
  redirect(config: RedirectConfig, route: Route): PluginUse
  respond(config: RespondConfig, route: Route): PluginUse
  /** Behind a `to` of several upstreams. Without `split` each request is drawn by itself. */
  split(weights: Shares, split: SplitConfig | undefined, route: Route): PluginUse
  rewrite(config: RewriteConfig, route: Route): PluginUse
  mirror(config: MirrorConfig, route: Route): PluginUse
  /** Sees the upstream that it names beside those of the route. */
  fallback(config: FallbackConfig, route: Route): PluginUse
  /** Sees a request after all the others. */
  coalesce(config: CoalesceConfig, route: Route): PluginUse
}
