import { Chain } from '../chain.ts'
import type { ResolvedUpstream } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import { type Scope, type Use, Uses } from '../container/use.ts'
import type { Route } from '../contracts/exchange.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Plugin } from '../contracts/plugin.ts'
import { CLOCK, LOGGER, TRANSPORT } from '../tokens.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { LiveUpstream } from '../upstream/upstream.ts'
import { settingsOf } from '../upstream-settings.ts'
import { disposeAll, introduce, type Views } from '../views.ts'
import type { ModelledEndpoint } from './modelled-endpoint.ts'
import type { GatewayPlan, PlannedRoute } from './plan.ts'

/** An upstream of a simulated gateway, and the models behind it. */
export interface ModelledUpstream {
  readonly live: LiveUpstream
  readonly connectTimeoutMs: number
  readonly responseTimeoutMs: number
  /** By the index of the endpoint as this gateway knows it. */
  readonly models: ModelledEndpoint[]
}

/** A route of a simulated gateway. */
export interface SimulatedRoute extends Route {
  /** The gateway's plugins, then the route's. */
  readonly chain: Chain
  readonly upstream: LiveUpstream
}

/** What stands behind an upstream's endpoint of an id. */
export type ModelOf = (upstream: string, id: string) => ModelledEndpoint

/**
 * One gateway with the upstreams, the routes and the plugins that a config would create, made the same
 * way, in front of modelled endpoints.
 */
export class SimulatedGateway {
  readonly upstreams: readonly ModelledUpstream[]
  readonly routes: readonly SimulatedRoute[]
  readonly log: Logger
  readonly #root: Container
  readonly #created = new Uses()
  readonly #uses: Use<Plugin>[] = []
  readonly #views: Views = new Map()
  readonly #byLive = new Map<LiveUpstream, ModelledUpstream>()
  /** For routes that send nothing on. */
  readonly #nowhere: LiveUpstream

  /** `root` binds CLOCK, RNG, LOGGER and TRANSPORT. */
  constructor(root: Container, plan: GatewayPlan, modelOf: ModelOf) {
    this.#root = root
    this.log = root.get(LOGGER)
    this.#nowhere = new LiveUpstream('', root.get(CLOCK), this.log)
    const gateway = plan.plugins.map((use, at) =>
      this.#take(this.#scope('gateway'), String(at), use),
    )
    this.upstreams = plan.upstreams.map((config) => this.#upstream(config, gateway, modelOf))
    for (const upstream of this.upstreams) this.#byLive.set(upstream.live, upstream)
    this.routes = plan.routes.map((route) => this.#route(route, gateway))
  }

  /** Starts the plugins. */
  async start(): Promise<void> {
    for (const { instance } of this.#uses) await instance.start?.()
  }

  /** What stands behind one of its upstreams. */
  behind(live: LiveUpstream): ModelledUpstream {
    return this.#byLive.get(live) as ModelledUpstream
  }

  /** Ends the plugins, the last one first. */
  async dispose(): Promise<void> {
    await disposeAll([...this.#uses].reverse(), this.#views, this.log)
    for (const { live } of this.upstreams) live.dispose()
  }

  #scope(...path: readonly string[]): Scope {
    return { container: this.#root.child(), path }
  }

  #take(scope: Scope, slot: string, use: GatewayPlan['plugins'][number]): Use<Plugin> {
    const taken = this.#created.take(scope, slot, use)
    this.#uses.push(taken)
    return taken
  }

  #upstream(
    config: ResolvedUpstream,
    gateway: readonly Use<Plugin>[],
    modelOf: ModelOf,
  ): ModelledUpstream {
    const { name, balance, select, plugins, target } = config
    const scope = this.#scope('upstream', name)
    const strategy = this.#created.takeBalance(scope, name, balance, select)
    const uses = plugins.map((use, place) => this.#take(scope, String(place), use))
    const live = new LiveUpstream(name, this.#root.get(CLOCK), this.log)
    const transport = this.#root.get(TRANSPORT)
    live.configure(settingsOf(config, strategy.instance, uses, transport, undefined))
    const models: ModelledEndpoint[] = []
    live.watch({
      joined: ({ id, index }: Pick<LiveEndpoint, 'id' | 'index'>) => {
        models[index] = modelOf(name, id)
      },
    })
    for (const use of [...gateway, ...uses]) introduce(use, live, this.#views, undefined)
    const { connectTimeoutMs, responseTimeoutMs } = target
    return { live, connectTimeoutMs, responseTimeoutMs, models }
  }

  #route({ id, path, to, mirrors, uses }: PlannedRoute, gateway: readonly Use<Plugin>[]) {
    const scope = this.#scope('route', id)
    const own = uses.map(([slot, use]) => this.#take(scope, slot, use))
    for (const { live } of this.upstreams) {
      if (!to.includes(live.name) && !mirrors.includes(live.name)) continue
      for (const use of own) introduce(use, live, this.#views, undefined)
    }
    const upstream = this.upstreams.find(({ live }) => live.name === to[0])?.live ?? this.#nowhere
    const chain = new Chain([...gateway, ...own].map(({ instance }) => instance))
    return { id, path, upstreams: to, chain, upstream }
  }
}
