import inject, { type InjectOptions, type Response } from 'light-my-request'
import { Build, type Running } from './build.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import { Container } from './container/container.ts'
import type { Clock, Rng } from './contracts/clock.ts'
import type { GatewayConfig } from './contracts/config.ts'
import type { Logger } from './contracts/logger.ts'
import type { Binding } from './contracts/token.ts'
import { GatewayError } from './errors.ts'
import { NetworkTransport } from './http/client.ts'
import { Deadlines } from './http/deadlines.ts'
import type { Host } from './http/gateway-host.ts'
import type { Generation } from './http/generation.ts'
import { HeapPressure } from './http/heap-pressure.ts'
import { LateHeads } from './http/late-heads.ts'
import type { Address, Listener } from './http/listener.ts'
import { Listeners } from './http/listeners.ts'
import { createRouter } from './http/match.ts'
import { Tunnels } from './http/tunnels.ts'
import { LiveLifecycle } from './lifecycle.ts'
import { provided, resolveWhole } from './standard-plugins.ts'
import type { Status } from './status.ts'
import { type Cut, Stop } from './stop.ts'
import { systemClock } from './system/clock.ts'
import { heapShare } from './system/heap.ts'
import { systemLogger } from './system/logger.ts'
import { freshSeed, SeededRng } from './system/rng.ts'
import { CLOCK, LIFECYCLE, LOGGER, RNG, ROUTER, TRANSPORT } from './tokens.ts'
import { closeLeft, disposeAll } from './views.ts'

export { ConfigError } from './config/config-error.ts'
export { GatewayError } from './errors.ts'
export type { Address } from './http/listener.ts'
export type { EndpointStatus, Status } from './status.ts'
export type { Cut } from './stop.ts'

// Streams of an earlier generation that last longer than this let go of it and run on.
const RETIRE_AFTER_MS = 10_000

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

/** A running gateway. Made by `createGateway`. */
export class Gateway {
  readonly #root: Container
  readonly #bindings: readonly Binding[]
  readonly #log: Logger
  readonly #host: Host
  readonly #lifecycle: LiveLifecycle
  readonly #pressure: HeapPressure
  readonly #generations = new Set<Generation>()
  readonly #retiring = new Set<Promise<void>>()
  readonly #listeners: Listeners
  readonly #stop: Stop
  #running: Running | undefined = undefined
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<Cut> | undefined = undefined

  private constructor(root: Container, bindings: readonly Binding[]) {
    this.#root = root
    this.#bindings = bindings
    this.#log = root.get(LOGGER)
    this.#lifecycle = new LiveLifecycle(root.get(CLOCK), root.get(RNG).fork('lifecycle'))
    root.bind(LIFECYCLE, this.#lifecycle)
    this.#host = {
      clock: root.get(CLOCK),
      log: this.#log,
      instanceId: instanceId(root.get(CLOCK), root.get(RNG)),
      lateHeads: new LateHeads(),
      deadlines: new Deadlines(root.get(CLOCK)),
      tunnels: new Tunnels(root.get(CLOCK), root.get(RNG).fork('tunnels')),
      lifecycle: this.#lifecycle,
      onFinished: () => this.#stop.finished(),
    }
    this.#listeners = new Listeners((req, res, connection, head, early) => {
      this.#running?.generation.handle(req, res, connection, this.#pressure.admit(head, res), early)
    }, this.#host)
    this.#pressure = new HeapPressure(this.#host, heapShare, (isFull) => {
      this.#listeners.refuse(isFull)
    })
    this.#stop = new Stop(this.#host, this.#listeners, () => this.#exchanges())
  }

  static async create(input: unknown, bindings: readonly Binding[]): Promise<Gateway> {
    const inForce = [...bindings, ...provided(input)]
    const config = await resolveWhole(input, inForce)
    const root = Container.root()
      .bind(CLOCK, systemClock)
      .bind(RNG, new SeededRng(freshSeed()))
      .bind(ROUTER, createRouter)
      .bindAll(inForce)
    // Not made where they are replaced: one writes to stderr, the other opens sockets.
    if (!root.has(LOGGER)) root.bind(LOGGER, systemLogger())
    if (!root.has(TRANSPORT)) root.bind(TRANSPORT, new NetworkTransport(root.get(CLOCK)))
    const gateway = new Gateway(root, inForce)
    await gateway.#apply(config)
    return gateway
  }

  /**
   * Opens every listener of the config.
   *
   * @throws GatewayError `CANNOT_LISTEN`; none is open then
   */
  listen(): Promise<Address[]> {
    return this.#inTurn(async () => {
      const addresses = await this.#listeners.listen()
      this.#lifecycle.listens()
      return addresses
    })
  }

  /**
   * Puts another config into force, whole or not at all. What is equal in both goes on as it is:
   * upstreams, endpoints, plugin uses and their state, listeners. Requests in flight finish on the
   * config they began with. Reloads take their turns.
   *
   * @throws ConfigError when the config is wrong; nothing has changed then
   */
  reload<Upstreams extends string>(config: GatewayConfig<Upstreams>): Promise<void> {
    return this.#inTurn(async () => this.#apply(await resolveWhole(config, this.#bindings)))
  }

  /** Sends a request through the gateway without a socket, for tests. */
  inject(options: InjectOptions | string): Promise<Response> {
    const listener = this.#listeners.first
    if (listener === undefined) throw new Error('inject needs a listener in the config')
    return inject((req, res) => listener.intake.accept(req, res), options)
  }

  status(): Status {
    const upstreams = Array.from(this.#running?.upstreams.values() ?? [], (upstream) => [
      upstream.name,
      {
        endpoints: upstream.endpoints.map(({ id, url, weight, inflight, holds }) => {
          return { id, url, weight, inflight, holds, ready: holds === 0 }
        }),
      },
    ])
    return {
      phase: this.#lifecycle.phase,
      exchanges: this.#exchanges(),
      tunnels: this.#host.tunnels.size,
      connections: this.#listeners.connections,
      upstreams: Object.fromEntries(upstreams),
    }
  }

  /**
   * Drains as `drain()` says, else within `shutdownTimeout`, and disposes of everything; gives what
   * was cut. With `isReplaced` another process has the listening sockets by now: the gateway stays
   * ready, and there is no grace.
   */
  close({ isReplaced = false }: { readonly isReplaced?: boolean } = {}): Promise<Cut> {
    this.#closing ??= this.#close(isReplaced)
    return this.#closing
  }

  /** Runs one change after another, and none once the gateway is closing. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.#closing === undefined) return change()
      throw new GatewayError('CLOSED')
    })
    this.#turn = done.then(ignore, ignore)
    return done
  }

  async #apply(config: ResolvedGateway): Promise<void> {
    const before = this.#running
    const build = new Build(this.#root, this.#host, config, before)
    let added: Listener[]
    try {
      await build.run()
      added = await this.#listeners.prepare(config.listeners)
    } catch (error: unknown) {
      await build.rollback()
      throw error
    }
    // Nothing waits and nothing throws from here on: the swap is one turn of the event loop.
    const running = build.commit()
    this.#running = running
    this.#generations.add(running.generation)
    this.#listeners.swap(config.listeners, added)
    this.#pressure.configure(config.shed)
    if (before !== undefined) this.#retire(before, running)
  }

  /** What the new config dropped ends once its last exchanges have. */
  #retire(before: Running, running: Running): void {
    const dropped = before.uses.without(running.uses)
    // What they hold ends at once: their checks and breakers are not in force any more.
    before.supplies.stopWithout(running.supplies)
    closeLeft(before.views, running.views)
    const done = before.generation.retire(RETIRE_AFTER_MS).then(async () => {
      this.#generations.delete(before.generation)
      for (const upstream of before.upstreams.values()) {
        if (running.upstreams.get(upstream.name) !== upstream) upstream.dispose()
      }
      await disposeAll(dropped, before.views, this.#log)
    })
    this.#retiring.add(done)
    done.then(() => this.#retiring.delete(done))
  }

  async #close(isReplaced: boolean): Promise<Cut> {
    if (!isReplaced) this.#lifecycle.withdraw(this.#lifecycle.plan.graceMs)
    await this.#turn
    const cut = await this.#stop.run(this.#lifecycle.plan, isReplaced)
    this.#listeners.closeAll()
    this.#pressure.stop()
    const running = this.#running
    if (running === undefined) return cut
    await running.generation.retire(RETIRE_AFTER_MS)
    await Promise.all(this.#retiring)
    running.supplies.stopWithout(undefined)
    await disposeAll(running.uses.without(undefined), running.views, this.#log)
    for (const upstream of running.upstreams.values()) upstream.dispose()
    await this.#root.get(TRANSPORT).close()
    return cut
  }

  #exchanges(): number {
    let count = 0
    for (const generation of this.#generations) count += generation.exchanges
    return count
  }
}

// The moment of the start and 32 random bits: two gateways that share both are never seen.
function instanceId(clock: Clock, rng: Rng): string {
  const random = rng.fork('instance').below(2 ** 32)
  return Math.floor(clock.wall()).toString(36) + random.toString(36).padStart(7, '0')
}

// A change that failed has told whoever asked for it; the next one takes its turn all the same.
function ignore(): void {}
