import { Chain } from '../chain.ts'
import type { ResolvedUpstream } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import { type Use, Uses } from '../container/use.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { EndpointClient } from '../contracts/transport.ts'
import { CLOCK, LOGGER } from '../tokens.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { LiveUpstream } from '../upstream/upstream.ts'
import { UpstreamView } from '../upstream/view.ts'
import { disposeAll, type Views } from '../views.ts'
import type { ModelledEndpoint } from './modelled-endpoint.ts'

/**
 * One gateway with one upstream: the strategy, the selectors and the plugins that a config would
 * create, made the same way, in front of modelled endpoints.
 */
export class SimulatedGateway {
  readonly upstream: LiveUpstream
  readonly connectTimeoutMs: number
  readonly responseTimeoutMs: number
  readonly log: Logger
  /** By the index of the endpoint as this gateway knows it. */
  readonly #models: ModelledEndpoint[] = []
  readonly #uses: readonly Use<Plugin>[]
  readonly #views: Views = new Map()

  /** `root` binds CLOCK, RNG and LOGGER; `models` stand in the order of the config's endpoints. */
  constructor(root: Container, config: ResolvedUpstream, models: readonly ModelledEndpoint[]) {
    const { name, balance, select, plugins, target, endpoints } = config
    const uses = new Uses()
    const scope = { container: root.child(), path: ['upstream', name] }
    const strategy = uses.takeBalance(scope, name, balance, select)
    this.#uses = plugins.map((use, place) => uses.take(scope, String(place), use))
    this.connectTimeoutMs = target.connectTimeoutMs
    this.responseTimeoutMs = target.responseTimeoutMs
    this.log = root.get(LOGGER)
    this.upstream = new LiveUpstream(name, root.get(CLOCK), this.log)
    this.upstream.configure({
      strategy: strategy.instance,
      endpoints: endpoints.map((endpoint) => ({
        ...endpoint,
        connection: '',
        open: () => NO_CLIENT,
      })),
      chain: new Chain(this.#uses.map((use) => use.instance)),
      host: config.host,
      limits: config.limits,
      failure: config.failure,
      tunnelTimeoutMs: config.tunnelTimeoutMs,
    })
    for (const [place, { index }] of this.upstream.endpoints.entries()) {
      this.#models[index] = models[place] as ModelledEndpoint
    }
    for (const use of this.#uses) this.#introduce(use)
  }

  /** Starts the plugins. */
  async start(): Promise<void> {
    for (const { instance } of this.#uses) await instance.start?.()
  }

  /** What stands behind an endpoint. */
  model({ index }: LiveEndpoint): ModelledEndpoint {
    return this.#models[index] as ModelledEndpoint
  }

  /** Ends the plugins, the last one first. */
  async dispose(): Promise<void> {
    await disposeAll([...this.#uses].reverse(), this.#views, this.log)
    this.upstream.dispose()
  }

  #introduce(use: Use<Plugin>): void {
    if (use.instance.upstream === undefined) return
    const view = new UpstreamView(this.upstream)
    this.#views.set(use, new Map([[this.upstream, view]]))
    use.instance.upstream(view)
  }
}

const NO_CLIENT: EndpointClient = {
  send() {
    throw new TypeError('a modelled endpoint has no connections')
  },
  close() {},
  destroy() {},
}
