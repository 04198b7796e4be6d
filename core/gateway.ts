import inject, { type InjectOptions, type Response } from 'light-my-request'
import { Build, type Running } from './build.ts'
import { ConfigFile } from './config/config-file.ts'
import { doorsOf } from './config/doors-of.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import type { Container } from './container/container.ts'
import type { GatewayConfig } from './contracts/config.ts'
import type { Counts, Cut } from './contracts/gateway.ts'
import type { Logger } from './contracts/logger.ts'
import type { Binding } from './contracts/token.ts'
import { Control } from './control.ts'
import { listenersOf } from './doors.ts'
import { GatewayError } from './errors.ts'
import { hostOf } from './host.ts'
import type { Address } from './http/address.ts'
import type { Host } from './http/gateway-host.ts'
import { HeapPressure } from './http/heap-pressure.ts'
import type { Serve } from './http/intake.ts'
import type { Added, Listeners } from './http/listeners.ts'
import { ownSockets, type Sockets } from './http/sockets.ts'
import { LiveLifecycle } from './lifecycle.ts'
import { type Changes, changesBetween } from './plan/changes.ts'
import { sentence } from './plan/sentence.ts'
import { NO_FILE, Reloads } from './reloads.ts'
import { Retirement } from './retirement.ts'
import { rootOf } from './root.ts'
import { provided, resolveWhole } from './standard-plugins.ts'
import { type Status, upstreamsStatus } from './status.ts'
import { Stop } from './stop.ts'
import { heapShare } from './system/heap.ts'
import { CLOCK, GATEWAY, LIFECYCLE, LOGGER, RNG, TRANSPORT } from './tokens.ts'
import { Turns } from './turns.ts'

export { ConfigError } from './config/config-error.ts'
export type { Cut } from './contracts/gateway.ts'
export { GatewayError } from './errors.ts'
export type { Address } from './http/address.ts'
export type { Changes } from './plan/changes.ts'
export type { EndpointStatus, Status } from './status.ts'

/**
 * Builds a gateway from a config, without listening yet.
 *
 * @throws ConfigError with every problem of the config
 * @example
 * const gateway = await createGateway(config)
 * const [address] = await gateway.listen()
 * await gateway.close()
 */
export function createGateway<Upstreams extends string>(
  config: GatewayConfig<Upstreams>,
  bindings: readonly Binding[] = [],
): Promise<Gateway> {
  return Gateway.create(config, bindings)
}

/**
 * Builds a gateway from a config file, without listening yet. `gateway.reload()` reads the file and
 * what it imports anew, and `gateway.reloads.watch()` does so whenever one of them is written.
 *
 * @throws ConfigError with every problem of the config
 * @example
 * const gateway = await loadGateway('gateway.config.ts')
 * await gateway.listen()
 * process.on('SIGHUP', () => gateway.reloads.request())
 */
export async function loadGateway(
  file: string,
  bindings: readonly Binding[] = [],
): Promise<Gateway> {
  const source = new ConfigFile(file)
  return Gateway.create(await source.load(), bindings, source)
}

/** A running gateway. Made by `createGateway` or `loadGateway`. */
export class Gateway {
  /** Reloads of the file that nobody awaits: by a signal, or by a change of it. */
  readonly reloads: Reloads
  readonly #file: ConfigFile | undefined
  readonly #root: Container
  readonly #bindings: readonly Binding[]
  readonly #log: Logger
  readonly #host: Host
  readonly #lifecycle: LiveLifecycle
  readonly #pressure: HeapPressure
  readonly #retirement: Retirement
  readonly #listeners: Listeners
  readonly #stop: Stop
  readonly #control: Control
  readonly #turns = new Turns()
  readonly #begun = Promise.withResolvers<void>()
  /** Fulfilled when it begins to close, whoever asked for that: a plugin may. */
  readonly closing = this.#begun.promise
  #running: Running | undefined = undefined
  #close: Promise<Cut> | undefined = undefined

  private constructor(root: Container, bindings: readonly Binding[], file?: ConfigFile) {
    this.#root = root
    this.#bindings = bindings
    this.#file = file
    this.#log = root.get(LOGGER)
    this.#retirement = new Retirement(this.#log)
    this.reloads = new Reloads(() => this.reload(), file, root.get(CLOCK), this.#log)
    this.#lifecycle = new LiveLifecycle(root.get(CLOCK), root.get(RNG).fork('lifecycle'))
    root.bind(LIFECYCLE, this.#lifecycle)
    this.#control = new Control(this, () => this.#running?.config, this.#lifecycle)
    root.bind(GATEWAY, this.#control)
    this.#host = hostOf(root, this.#lifecycle, () => this.#stop.finished())
    const serve: Serve = (req, res, connection, head, early) => {
      this.#running?.generation.handle(req, res, connection, this.#pressure.admit(head, res), early)
    }
    this.#listeners = listenersOf(this.#host, serve, () => this.#running)
    this.#pressure = new HeapPressure(this.#host, heapShare, (isFull) => {
      this.#listeners.refuse(isFull)
    })
    const inFlight = () => this.#retirement.exchanges() + this.#host.streams.size
    this.#stop = new Stop(this.#host, this.#listeners, inFlight)
  }

  static async create(
    input: unknown,
    bindings: readonly Binding[],
    file?: ConfigFile,
  ): Promise<Gateway> {
    const inForce = [...bindings, ...provided(input)]
    const config = await resolveWhole(input, inForce)
    const root = rootOf(inForce)
    const gateway = new Gateway(root, inForce, file)
    await gateway.#apply(config)
    return gateway
  }

  /**
   * Opens every listener of the config, on sockets of its own unless others are given.
   *
   * @throws GatewayError `CANNOT_LISTEN`; none is open then
   */
  listen(sockets: Sockets = ownSockets): Promise<Address[]> {
    return this.#turns.take(async () => {
      const addresses = await this.#listeners.listen(sockets)
      this.#lifecycle.listens()
      return addresses
    })
  }

  /**
   * Puts another config into force, whole or not at all: the one given, else the file's as it is now.
   * What is equal in both goes on as it is: upstreams, endpoints, plugin uses and their state,
   * listeners. Requests in flight finish on the config they began with. Reloads take their turns.
   * Gives what changed.
   *
   * @throws ConfigError when the config is wrong; nothing has changed then
   */
  async reload<Upstreams extends string>(config?: GatewayConfig<Upstreams>): Promise<Changes> {
    if (config === undefined && this.#file === undefined) throw new GatewayError('NO_FILE', NO_FILE)
    // Not in turn: a file that does not finish loading must not keep the gateway from closing.
    const input = config ?? (await this.#file?.load())
    return this.#turns.take(async () => {
      const resolved = await resolveWhole(input, this.#bindings)
      const before = this.#running?.config ?? resolved
      await this.#apply(resolved)
      const changes = await changesBetween(before, resolved)
      this.#log.info(`reloaded: ${sentence(changes)}`)
      return changes
    })
  }

  /** Sends a request through the gateway without a socket, for tests. */
  inject(options: InjectOptions | string): Promise<Response> {
    const listener = this.#listeners.first
    if (listener === undefined) throw new Error('inject needs a listener in the config')
    return inject((req, res) => listener.intake.accept(req, res), options)
  }

  /** The same as `status()` without the endpoints. */
  counts(): Counts {
    return {
      phase: this.#lifecycle.phase,
      exchanges: this.#retirement.exchanges(),
      tunnels: this.#host.tunnels.size,
      streams: this.#host.streams.size,
      connections: this.#listeners.connections,
    }
  }

  status(): Status {
    const upstreams = upstreamsStatus(this.#running?.upstreams.values() ?? [])
    return { ...this.counts(), upstreams }
  }

  /** Where plugins listen beside the gateway, by the plugin's name. */
  get sidePorts(): readonly (Address & { readonly plugin: string })[] {
    return this.#listeners.sides.addresses
  }

  /**
   * Drains as `drain()` says, else within `shutdownTimeout`, and disposes of everything; gives what
   * was cut. With `isReplaced` another process has the listening sockets by now: the gateway stays
   * ready, and there is no grace.
   */
  close({ isReplaced = false }: { readonly isReplaced?: boolean } = {}): Promise<Cut> {
    this.#close ??= this.#end(isReplaced)
    return this.#close
  }

  /** How many ms `close` may take, what plugins need to end aside. */
  get patienceMs(): number {
    return this.#lifecycle.plan.graceMs + this.#lifecycle.plan.deadlineMs
  }

  async #apply(config: ResolvedGateway): Promise<void> {
    const before = this.#running
    const build = new Build(this.#root, this.#host, config, before)
    const wanted = () => ({ doors: doorsOf(config), ports: build.ports })
    let added: Added
    try {
      await build.run()
      added = await this.#listeners.prepare(wanted())
    } catch (error: unknown) {
      await build.rollback()
      throw error
    }
    // Nothing waits and nothing throws from here on: the swap is one turn of the event loop.
    const running = build.commit()
    this.#running = running
    this.#retirement.began(running.generation)
    this.#listeners.swap(wanted(), added)
    this.#pressure.configure(config.shed)
    if (before !== undefined) this.#retirement.replaced(before, running)
  }

  async #end(isReplaced: boolean): Promise<Cut> {
    this.#begun.resolve()
    this.reloads.stop()
    if (!isReplaced) this.#lifecycle.withdraw(this.#lifecycle.plan.graceMs)
    await this.#turns.end()
    if (isReplaced) this.#listeners.handOver()
    const cut = await this.#stop.run(this.#lifecycle.plan, isReplaced)
    this.#control.stopped(cut)
    this.#listeners.closeAll()
    this.#pressure.stop()
    const running = this.#running
    if (running === undefined) return cut
    await this.#retirement.over(running)
    await this.#listeners.sides.close()
    await this.#root.get(TRANSPORT).close()
    return cut
  }
}
