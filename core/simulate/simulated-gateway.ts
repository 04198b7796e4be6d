import type { ResolvedUpstream } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import { type Use, Uses } from '../container/use.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Plugin } from '../contracts/plugin.ts'
import { CLOCK, LOGGER, TRANSPORT } from '../tokens.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { LiveUpstream } from '../upstream/upstream.ts'
import { settingsOf } from '../upstream-settings.ts'
import { disposeAll, introduce, type Views } from '../views.ts'
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

  /**
   * `root` binds CLOCK, RNG, LOGGER and TRANSPORT. What plugins supply beside `models` is `nowhere`,
   * unless it has the id of one of them.
   */
  constructor(
    root: Container,
    config: ResolvedUpstream,
    models: readonly ModelledEndpoint[],
    nowhere: ModelledEndpoint,
  ) {
    const { name, balance, select, plugins, target } = config
    const uses = new Uses()
    const scope = { container: root.child(), path: ['upstream', name] }
    const strategy = uses.takeBalance(scope, name, balance, select)
    this.#uses = plugins.map((use, place) => uses.take(scope, String(place), use))
    this.connectTimeoutMs = target.connectTimeoutMs
    this.responseTimeoutMs = target.responseTimeoutMs
    this.log = root.get(LOGGER)
    this.upstream = new LiveUpstream(name, root.get(CLOCK), this.log)
    const settings = settingsOf(
      config,
      strategy.instance,
      this.#uses,
      root.get(TRANSPORT),
      undefined,
    )
    this.upstream.configure(settings)
    const modelled = new Map(models.map((model) => [model.traits.id, model]))
    this.upstream.watch({
      joined: ({ id, index }) => {
        this.#models[index] = modelled.get(id) ?? nowhere
      },
    })
    for (const use of this.#uses) introduce(use, this.upstream, this.#views, undefined)
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
}
