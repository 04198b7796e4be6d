import type {
  ResolvedChainUse,
  ResolvedGateway,
  ResolvedRoute,
  ResolvedTcp,
  ResolvedUdp,
  ResolvedUpstream,
  ResolvedUse,
} from './config/resolved.ts'
import { goalsOf } from './config/tcp-goals.ts'
import type { Container } from './container/container.ts'
import { type Scope, type Use, Uses } from './container/use.ts'
import type { Clock } from './contracts/clock.ts'
import type { StopPlan } from './contracts/lifecycle.ts'
import type { Logger } from './contracts/logger.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { Transport } from './contracts/transport.ts'
import { Trust } from './http/connection.ts'
import type { Host } from './http/gateway-host.ts'
import { Generation, type RoutePlan } from './http/generation.ts'
import { ServedPaths } from './http/served-paths.ts'
import type { ClaimedPort } from './http/side-port.ts'
import { claimedPorts } from './http/side-ports.ts'
import { drainLeaving } from './leaving.ts'
import { chainOf, isUse, type Link, planRoute, unmatchedRoute } from './route-plan.ts'
import { refuseInnerStop, stopPlanOf } from './stop-plan.ts'
import { ServerNames } from './stream/server-names.ts'
import type { TcpRoute } from './stream/tcp-route.ts'
import type { UdpRoute } from './stream/udp-route.ts'
import { Supplies } from './supplies.ts'
import { Slices } from './system/slices.ts'
import { nextTurn } from './system/turn.ts'
import { CLOCK, LOGGER, ROUTER, TRANSPORT } from './tokens.ts'
import type { UpstreamSettings } from './upstream/settings.ts'
import { LiveUpstream } from './upstream/upstream.ts'
import { settingsOf } from './upstream-settings.ts'
import { closeLeft, disposeAll, introduce, report, type Views } from './views.ts'

/** What runs from one config. */
export interface Running {
  readonly config: ResolvedGateway
  readonly uses: Uses
  readonly upstreams: ReadonlyMap<string, LiveUpstream>
  readonly generation: Generation
  readonly tcp: ReadonlyMap<ResolvedTcp, TcpRoute>
  readonly udp: ReadonlyMap<ResolvedUdp, UdpRoute>
  readonly views: Views
  readonly supplies: Supplies
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
  readonly #supplies = new Supplies()
  readonly #upstreams = new Map<string, LiveUpstream>()
  /** The plugin uses of each upstream. */
  readonly #inner = new Map<string, readonly Use<Plugin>[]>()
  readonly #settings = new Map<LiveUpstream, UpstreamSettings>()
  readonly #tcp = new Map<ResolvedTcp, TcpRoute>()
  readonly #udp = new Map<ResolvedUdp, UdpRoute>()
  readonly #clock: Clock
  readonly #log: Logger
  readonly #transport: Transport
  /** For routes that send nothing on. */
  readonly #nowhere: LiveUpstream
  #generation: Generation | undefined = undefined
  #stop: StopPlan | undefined = undefined
  /** What its uses want to listen on; known once it has run. */
  ports: readonly ClaimedPort[] = []

  constructor(root: Container, host: Host, config: ResolvedGateway, before: Running | undefined) {
    this.#root = root
    this.#host = host
    this.#config = config
    this.#before = before
    this.#clock = root.get(CLOCK)
    this.#log = root.get(LOGGER)
    this.#transport = root.get(TRANSPORT)
    this.#nowhere = new LiveUpstream('', this.#clock, this.#log)
  }

  /** Creates, connects and starts all parts. @throws after which `rollback` must be called */
  async run(): Promise<void> {
    const { plugins, listeners, upstreams, routes } = this.#config
    const gateway = this.#takeAll(this.#scope('gateway'), plugins)
    this.#stop = stopPlanOf(this.#config, gateway.filter(isUse))
    this.ports = claimedPorts(gateway.filter(isUse))
    await nextTurn()
    const slices = new Slices()
    for (const upstream of upstreams) {
      this.#addUpstream(upstream, gateway)
      if (slices.isOver) await slices.rest()
    }
    const plans: RoutePlan[] = []
    for (const [number, route] of routes.entries()) {
      plans.push(this.#plan(route, number, gateway))
      if (slices.isOver) await slices.rest()
    }
    for (const tcp of this.#config.tcp) this.#addTcp(tcp, gateway)
    for (const udp of this.#config.udp) this.#addUdp(udp, gateway)
    await nextTurn()
    const router = this.#root.get(ROUTER)(routes.map((route) => route.match))
    const natives = plugins.filter((use) => use.kind === 'native')
    const unmatched = unmatchedRoute(gateway, listeners, this.#nowhere)
    const served = ServedPaths.of(gateway.filter(isUse), unmatched)
    this.#generation = await Generation.build(this.#host, router, unmatched, served, natives, plans)
    const fresh = this.#uses.without(this.#before?.uses).reverse()
    // A strategy's `start` is another thing: it counts a flow.
    for (const use of fresh) if (use.isPlugin) await (use.instance as Plugin).start?.()
    await this.#supplies.begin()
  }

  /** Puts the config into force on upstreams that stay. Cannot fail. */
  commit(): Running {
    if (this.#generation === undefined || this.#stop === undefined) {
      throw new Error('commit before run')
    }
    // Before endpoints leave: it says how long they have.
    this.#host.lifecycle.plan = this.#stop
    for (const [upstream, settings] of this.#settings) upstream.configure(settings)
    report(this.#upstreams.values(), this.#views, this.#log)
    return {
      config: this.#config,
      uses: this.#uses,
      upstreams: this.#upstreams,
      generation: this.#generation,
      tcp: this.#tcp,
      udp: this.#udp,
      views: this.#views,
      supplies: this.#supplies,
    }
  }

  /** Disposes of what was made here and of nothing else. */
  async rollback(): Promise<void> {
    this.#supplies.stopWithout(this.#before?.supplies)
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

  #takeAll(scope: Scope, uses: readonly ResolvedChainUse[]): Link[] {
    return uses.map((use, position) =>
      use.kind === 'native'
        ? use
        : this.#uses.take(scope, String(position), use, this.#before?.uses),
    )
  }

  #addUpstream(config: ResolvedUpstream, gateway: readonly Link[]): void {
    const { name, balance, select } = config
    const scope = this.#scope('upstream', name)
    const strategy = this.#uses.takeBalance(scope, name, balance, select, this.#before?.uses)
    const uses = this.#takeAll(scope, config.plugins).filter(isUse)
    refuseInnerStop(uses)
    this.#inner.set(name, uses)
    if (config.target.tls.insecure) {
      this.#log.warn({ upstream: name }, 'TLS to this upstream is not verified: anyone can answer')
    }
    const { discover } = config
    const supply =
      discover && this.#supplies.take(this.#take(scope, discover), this.#before?.supplies)
    const settings = settingsOf(config, strategy.instance, uses, this.#transport, supply)
    const known = this.#before?.upstreams.get(name)
    const upstream = known ?? new LiveUpstream(name, this.#clock, this.#log)
    if (known === undefined) upstream.configure(settings)
    else this.#settings.set(upstream, settings)
    this.#upstreams.set(name, upstream)
    if (known === undefined) drainLeaving(upstream, this.#host)
    for (const use of [...gateway.filter(isUse), ...uses]) this.#introduce(use, upstream)
  }

  #take(scope: Scope, discover: ResolvedUse<Plugin>): Use<Plugin> {
    return this.#uses.take(scope, 'endpoints', discover, this.#before?.uses)
  }

  #plan(config: ResolvedRoute, number: number, gateway: readonly Link[]): RoutePlan {
    const scope = this.#scope('route', config.id)
    const own = this.#takeAll(scope, config.plugins)
    refuseInnerStop(own.filter(isUse))
    for (const [field, use] of config.fields) {
      own.push(this.#uses.take(scope, field, use, this.#before?.uses))
    }
    const targets = config.to.map((name) => this.#upstream(name))
    const others = [...config.mirrors, ...config.fallbacks]
    const seen = [...targets, ...others.map((name) => this.#upstream(name))]
    for (const use of own.filter(isUse)) {
      for (const upstream of seen) this.#introduce(use, upstream)
    }
    const [upstream = this.#nowhere] = targets
    const inner = [...config.to, ...config.fallbacks].flatMap((name) => this.#inner.get(name) ?? [])
    return planRoute(config, number, upstream, { gateway, own, inner })
  }

  #addTcp(config: ResolvedTcp, gateway: readonly Link[]): void {
    const own = this.#takeOwn(config, goalsOf(config))
    const names = new ServerNames(config.routes, (name) => this.#upstream(name))
    const upstream = config.to === '' ? undefined : this.#upstream(config.to)
    const chain = chainOf([...gateway.filter(isUse), ...own])
    this.#tcp.set(config, {
      config,
      chain,
      upstream,
      names,
      proxies: new Trust(config.proxies ?? []),
    })
  }

  #addUdp(config: ResolvedUdp, gateway: readonly Link[]): void {
    const own = this.#takeOwn(config, [config.to])
    const chain = chainOf([...gateway.filter(isUse), ...own])
    this.#udp.set(config, { config, chain, upstream: this.#upstream(config.to) })
  }

  /** The plugin uses of a listener of layer 4, which see where it may go. */
  #takeOwn(config: ResolvedTcp | ResolvedUdp, goals: readonly string[]): Use<Plugin>[] {
    // Only port 0 may stand there twice.
    const { kind, host, port, place } = config
    const scope = this.#scope(kind, port === 0 ? place : `${host}:${port}`)
    const own = this.#takeAll(scope, config.plugins).filter(isUse)
    refuseInnerStop(own)
    for (const use of own) for (const name of goals) this.#introduce(use, this.#upstream(name))
    return own
  }

  #upstream(name: string): LiveUpstream {
    const upstream = this.#upstreams.get(name)
    if (upstream === undefined) throw new Error(`no upstream ${name}`)
    return upstream
  }

  #introduce(use: Use<Plugin>, upstream: LiveUpstream): void {
    introduce(use, upstream, this.#views, this.#before?.views)
  }
}
