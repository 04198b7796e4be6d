import type { RouteConfig } from '../../contracts/route-config.ts'
import type { Binding } from '../../contracts/token.ts'
import type { Duration } from '../../contracts/units.ts'
import type { UpstreamConfig, UpstreamTimeouts } from '../../contracts/upstream-config.ts'
import type { PluginUse } from '../../contracts/uses.ts'
import type { ClientModel } from '../clients/client-model.ts'
import type { EndpointModel } from '../scenario.ts'
import type { Expectation } from './expectation.ts'

/** An upstream as a config has it, with models in place of endpoints. */
export interface ScenarioUpstream
  extends Pick<UpstreamConfig, 'balance' | 'select' | 'plugins' | 'connections' | 'failure'> {
  endpoints: readonly EndpointModel[]
  timeouts?: Pick<UpstreamTimeouts, 'connect' | 'response' | 'request'>
}

/** What variants may differ in. */
export interface ScenarioFields<Upstreams extends string = string> {
  /** How long the scenario goes on. */
  duration: Duration
  /** What happens earlier counts in no figure. None by default. */
  warmUp?: Duration
  /** The resolution of the curves. A hundredth of the duration by default, 100 ms at least. */
  slice?: Duration
  /** So many runs, each with the next seed, whose figures are put together. 1 by default. */
  runs?: number
  /** How many gateways share the endpoints, each with a view of its own. 1 by default. */
  gateways?: number
  /**
   * How many endpoints of an upstream each gateway knows, dealt out so that each endpoint is known to
   * equally many gateways. All by default.
   */
  subset?: number
  upstreams: { readonly [Name in Upstreams]: ScenarioUpstream }
  /** As in a config. Everything goes to the upstream by default, if there is one. */
  routes?: readonly RouteConfig<NoInfer<Upstreams>>[]
  /** Those of the whole gateway, as in a config. */
  plugins?: readonly PluginUse[]
  clients: readonly ClientModel[]
  /** Services for plugins, and replacements for core's. */
  provide?: readonly Binding[]
}

/** What a variant has in place of the scenario's own, and what to say of it. */
export type ScenarioVariant<Upstreams extends string = string> = Partial<
  ScenarioFields<Upstreams>
> & {
  /** A sentence above its curves. */
  note?: string
}

/** A scenario in a file of its own, for `sluice simulate`. */
export interface ScenarioFile<Upstreams extends string = string, Variants extends string = string>
  extends ScenarioFields<Upstreams> {
  title: string
  /** What to see in it, in a few sentences; a blank line begins a paragraph. */
  story?: string
  /** The same seed, the same run. 1 by default. */
  seed?: number
  /** Runs side by side, by name. Each field of one stands in place of the scenario's. */
  variants?: { readonly [Name in Variants]: ScenarioVariant<Upstreams> }
  /** What must hold, by variant; `all` for each of them. */
  expect?: { readonly [Name in NoInfer<Variants> | 'all']?: Expectation | readonly Expectation[] }
}

/** In which form a scenario is asked for. */
export interface ScenarioForm {
  /** Whether `--quick` is given: fewer clients, or less time, for a check of every change. */
  readonly quick: boolean
}

/**
 * A scenario, or a function that makes one in a full and a quick form. Gives it as it is: what it is
 * for is its types.
 *
 * @example
 * export default defineScenario({
 *   title: 'One of ten is slow',
 *   duration: '1m',
 *   upstreams: {
 *     api: {
 *       endpoints: [{ service: exponential(10), servers: 1, count: 9 }, { service: exponential(50), servers: 1 }],
 *       balance: powerOfTwo(),
 *     },
 *   },
 *   clients: [{ arrivals: poisson(600), timeout: '1s', retry: { policy: 'full' } }],
 *   expect: { all: { p99: '300ms' } },
 * })
 */
export function defineScenario<
  const Upstreams extends string,
  const Variants extends string = never,
>(
  scenario:
    | ScenarioFile<Upstreams, Variants>
    | ((form: ScenarioForm) => ScenarioFile<Upstreams, Variants>),
): ScenarioFile<Upstreams, Variants> | ((form: ScenarioForm) => ScenarioFile<Upstreams, Variants>) {
  return scenario
}
