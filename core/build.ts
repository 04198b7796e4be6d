import { Chain } from './chain.ts'
import { fingerprint } from './config/fingerprint.ts'
import type {
  ResolvedChainUse,
  ResolvedGateway,
  ResolvedNative,
  ResolvedRoute,
  ResolvedUpstream,
} from './config/resolved.ts'
import type { Container } from './container/container.ts'
import { type Scope, type Use, Uses } from './container/use.ts'
import type { Clock } from './contracts/clock.ts'
import type { Logger } from './contracts/logger.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { Transport } from './contracts/transport.ts'
import type { Host } from './http/gateway-host.ts'
import { Generation, type RoutePlan } from './http/generation.ts'
import { identityOf } from './http/identity-headers.ts'
import type { Scoped } from './http/mount.ts'
import type { LiveRoute } from './http/route.ts'
import { CLOCK, LOGGER, ROUTER, TRANSPORT } from './tokens.ts'
import { LiveUpstream, type UpstreamSettings } from './upstream/upstream.ts'
import { UpstreamView } from './upstream/view.ts'
import { closeLeft, disposeAll, type Views } from './views.ts'

/** What runs from one config. */
export interface Running {
  readonly config: ResolvedGateway
  readonly uses: Uses
  readonly upstreams: ReadonlyMap<string, LiveUpstream>
  readonly generation: Generation
  readonly views: Views
}

/**
 * Everything that one config needs, built beside what runs. Nothing of what runs changes before
 * `commit`; `rollback` undoes the rest.
 */
export class Build {
  readonly #root: Container
  readonly #host: Host
  readonly #before: Running | undefined
  readonly #config: ResolvedGateway
  readonly #uses = new Uses()
  readonly #views: Views = new Map()
  readonly #upstreams = new Map<string, LiveUpstream>()
  /** The plugin uses of each upstream. */
  readonly #inner = new Map<string, readonly Use<Plugin>[]>()
  readonly #settings = new Map<LiveUpstream, UpstreamSettings>()
  readonly #clock: Clock
  readonly #log: Logger
  readonly #transport: Transport
  /** For routes that send nothing on. */
  readonly #nowhere: LiveUpstream
  #generation: Generation | undefined = undefined

  constructor(root: Container, host: Host, config: ResolvedGateway, before: Running | undefined) {
    this.#root = root
    this.#host = host
    this.#config = config
    this.#before = before
    this.#clock = root.get(CLOCK)
    this.#log = root.get(LOGGER)
    this.#transport = root.get(TRANSPORT)
    this.#nowhere = new LiveUpstream('none', this.#clock, this.#log)
  }

  /** Creates, connects and starts all parts. @throws after which `rollback` must be called */
  async run(): Promise<void> {
    const { plugins, upstreams, routes } = this.#config
    const gateway = this.#takeAll(this.#scope('gateway'), plugins)
    for (const upstream of upstreams) this.#addUpstream(upstream, gateway)
    const plans = routes.map((route) => this.#plan(route, gateway))
    const router = this.#root.get(ROUTER)(routes.map((route) => route.match))
    const natives = plugins.filter((use) => use.kind === 'native')
    const unmatched = this.#unmatched(gateway)
    this.#generation = await Generation.build(this.#host, router, unmatched, natives, plans)
    const fresh = this.#uses.without(this.#before?.uses).reverse()
    // A strategy's `start` is another thing: it counts a flow.
    for (const use of fresh) if (use.isPlugin) await (use.instance as Plugin).start?.()
  }

  /** Puts the config into force on upstreams that stay. Cannot fail. */
  commit(): Running {
    for (const [upstream, settings] of this.#settings) upstream.configure(settings)
    if (this.#generation === undefined) throw new Error('commit before run')
    return {
      config: this.#config,
      uses: this.#uses,
      upstreams: this.#upstreams,
      generation: this.#generation,
      views: this.#views,
    }
  }

  /** Disposes of what was made here and of nothing else. */
  async rollback(): Promise<void> {
    closeLeft(this.#views, this.#before?.views ?? new Map())
    await this.#generation?.retire(0)
    for (const upstream of this.#upstreams.values()) {
      if (this.#before?.upstreams.get(upstream.name) !== upstream) upstream.dispose()
    }
    await disposeAll(this.#uses.without(this.#before?.uses), this.#views, this.#log)
  }

  #scope(...path: readonly string[]): Scope {
    return { container: this.#root.child(), path }
  }

  #takeAll(scope: Scope, uses: readonly ResolvedChainUse[]): (Use<Plugin> | ResolvedNative)[] {
    return uses.map((use, position) =>
      use.kind === 'native'
        ? use
        : this.#uses.take(scope, String(position), use, this.#before?.uses),
    )
  }

  #addUpstream(config: ResolvedUpstream, gateway: readonly (Use<Plugin> | ResolvedNative)[]): void {
    const { name, target } = config
    const scope = this.#scope('upstream', name)
    const { balance, select } = config
    const strategy = this.#uses.takeBalance(scope, name, balance, select, this.#before?.uses)
    const uses = this.#takeAll(scope, config.plugins).filter(isUse)
    this.#inner.set(name, uses)
    if (target.tls.insecure) {
      this.#log.warn({ upstream: name }, 'TLS to this upstream is not verified: anyone can answer')
    }
    const connection = fingerprint(target)
    const settings: UpstreamSettings = {
      strategy: strategy.instance,
      endpoints: config.endpoints.map((endpoint) => ({
        ...endpoint,
        connection,
        open: () => this.#transport.open({ url: endpoint.url, ...target }),
      })),
      chain: new Chain(uses.map((use) => use.instance)),
      host: config.host,
      limits: config.limits,
      failure: config.failure,
      tunnelTimeoutMs: config.tunnelTimeoutMs,
    }
    const known = this.#before?.upstreams.get(name)
    const upstream = known ?? new LiveUpstream(name, this.#clock, this.#log)
    if (known === undefined) upstream.configure(settings)
    else this.#settings.set(upstream, settings)
    this.#upstreams.set(name, upstream)
    for (const use of [...gateway.filter(isUse), ...uses]) this.#introduce(use, upstream)
  }

  #plan(config: ResolvedRoute, gateway: readonly (Use<Plugin> | ResolvedNative)[]): RoutePlan {
    const scope = this.#scope('route', config.id)
    const uses = this.#takeAll(scope, config.plugins)
    for (const [field, use] of config.fields) {
      uses.push(this.#uses.take(scope, field, use, this.#before?.uses))
    }
    const targets = config.to.map((name) => this.#upstream(name))
    const seen = [...targets, ...config.mirrors.map((name) => this.#upstream(name))]
    for (const use of uses.filter(isUse)) {
      for (const upstream of seen) this.#introduce(use, upstream)
    }
    const [upstream = this.#nowhere] = targets
    const all = [...gateway, ...uses]
    const chain = new Chain(all.filter(isUse).map((use) => use.instance))
    const inner = config.to.flatMap((name) => this.#inner.get(name) ?? [])
    const identity = identityOf([...all.filter(isUse), ...inner])
    const scoped: Scoped[] = []
    for (const use of gateway.filter(isUse)) if (isScoped(use.instance)) scoped.push(use.instance)
    for (const use of uses) {
      if (!isUse(use)) scoped.push(use)
      else if (isScoped(use.instance)) scoped.push(use.instance)
    }
    const { id, path, match, bodyLimitBytes } = config
    const number = this.#config.routes.indexOf(config)
    const hasParams = /[:*]/.test(match.path)
    return {
      route: { id, path, chain, upstream, identity, bodyLimitBytes, number, hasParams },
      scoped,
    }
  }

  /** Refused requests have a route too, so that plugins of the whole gateway can log them. */
  #unmatched(gateway: readonly (Use<Plugin> | ResolvedNative)[]): LiveRoute {
    return {
      id: 'unmatched',
      path: '',
      chain: new Chain(gateway.filter(isUse).map((use) => use.instance)),
      identity: identityOf(gateway.filter(isUse)),
      upstream: this.#nowhere,
      url: '',
      isFull: false,
      bodyLimitBytes: 0,
      number: -1,
      hasParams: false,
    }
  }

  #upstream(name: string): LiveUpstream {
    const upstream = this.#upstreams.get(name)
    if (upstream === undefined) throw new Error(`no upstream ${name}`)
    return upstream
  }

  /** Shows an upstream to a use that has not seen it yet. */
  #introduce(use: Use<Plugin>, upstream: LiveUpstream): void {
    if (use.instance.upstream === undefined) return
    const seen = this.#views.get(use) ?? new Map<LiveUpstream, UpstreamView>()
    this.#views.set(use, seen)
    if (seen.has(upstream)) return
    const known = this.#before?.views.get(use)?.get(upstream)
    const view = known ?? new UpstreamView(upstream)
    seen.set(upstream, view)
    if (known === undefined) use.instance.upstream(view)
  }
}

function isUse(use: Use<Plugin> | ResolvedNative): use is Use<Plugin> {
  return 'instance' in use
}

function isScoped(plugin: Plugin): plugin is Plugin & Required<Pick<Plugin, 'route'>> {
  return plugin.route !== undefined
}
