import type { ResolvedRoute, ResolvedUpstream, ResolvedUse } from '../config/resolved.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { Binding } from '../contracts/token.ts'
import type { ResolvedModel } from './resolve-model.ts'

/** A route of a simulated gateway: its own plugins, then those behind its fields. */
export interface PlannedRoute extends Pick<ResolvedRoute, 'id' | 'path' | 'to' | 'mirrors'> {
  readonly uses: readonly (readonly [slot: string, use: ResolvedUse<Plugin>])[]
}

/** What a gateway of a simulation is made of, as a config would say it. */
export interface GatewayPlan {
  readonly plugins: readonly ResolvedUse<Plugin>[]
  readonly upstreams: readonly ResolvedUpstream[]
  readonly routes: readonly PlannedRoute[]
}

/** Gateways and what stands behind them. */
export interface WorldPlan {
  readonly seed: number
  readonly gateways: number
  /** How many endpoints of an upstream each gateway knows; 0 for all. */
  readonly subset: number
  readonly gateway: GatewayPlan
  /** The models of all upstreams' endpoints, in the order of upstreams and endpoints. */
  readonly models: readonly ResolvedModel[]
  readonly provide: readonly Binding[]
}
