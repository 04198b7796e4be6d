import type { InjectOptions, Response } from 'light-my-request'
import { Problems } from './config/problems.ts'
import { resolvePlugins, resolveStrategy } from './config/resolve-use.ts'
import type { ResolvedUse } from './config/resolved.ts'
import { Container } from './container/container.ts'
import { Uses } from './container/use.ts'
import type { GatewayConfig } from './contracts/config.ts'
import type { Logger, LogLine } from './contracts/logger.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { Strategy } from './contracts/strategy.ts'
import type { Binding } from './contracts/token.ts'
import type { PluginUse, StrategyUse } from './contracts/uses.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { LiveLifecycle } from './lifecycle.ts'
import { LiveMemory } from './memory.ts'
import { FakeRedis, type FakeRedisAnswer } from './simulate/fake-redis.ts'
import { FakeResolver } from './simulate/fake-resolver.ts'
import { type FakeEndpoint, type FakePeer, FakeTransport } from './simulate/fake-transport.ts'
import { IDLE_GATEWAY } from './simulate/idle-gateway.ts'
import type { SimulationReport } from './simulate/report.ts'
import { resolveScenario } from './simulate/resolve-scenario.ts'
import type { Scenario } from './simulate/scenario.ts'
import { Simulation } from './simulate/simulation.ts'
import { VirtualClock } from './simulate/virtual-clock.ts'
import { provided, selectorsOf } from './standard-plugins.ts'
import { SeededRng } from './system/rng.ts'
import {
  bind,
  CLOCK,
  GATEWAY,
  LIFECYCLE,
  LOGGER,
  MEMORY,
  REDIS,
  RESOLVER,
  RNG,
  TRANSPORT,
} from './tokens.ts'

export type { InjectOptions, Response } from 'light-my-request'
export type { Check, Claims, Evenness } from './conformance/claims.ts'
export { conformance } from './conformance/conformance.ts'
export {
  type ArrivalStream,
  type Arrivals,
  bursts,
  type Phase,
  phases,
  poisson,
  steady,
  trace,
} from './simulate/arrivals.ts'
export {
  constant,
  type Distribution,
  exponential,
  lognormal,
  measured,
  normal,
  uniform,
} from './simulate/distributions.ts'
export { type FakeExchange, fakeExchange } from './simulate/fake-exchange.ts'
export type { FakeRedisAnswer } from './simulate/fake-redis.ts'
export type { FakeAnswer, FakeEndpoint, FakePeer, FakeRequest } from './simulate/fake-transport.ts'
export type { Fault, FaultShare, FaultTime } from './simulate/faults.ts'
export { Histogram } from './simulate/histogram.ts'
export { type Keys, uniformKeys, zipfKeys } from './simulate/keys.ts'
export type {
  EndpointReport,
  LoggedError,
  Outcomes,
  SimulationReport,
  Slice,
} from './simulate/report.ts'
export type { EndpointModel, Scenario } from './simulate/scenario.ts'
export { VirtualClock } from './simulate/virtual-clock.ts'
export { SeededRng } from './system/rng.ts'

/** One line that a gateway under test logged. */
export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: object
}

/** What surrounds a gateway under test. */
export interface TestOptions {
  /** Chooses the run: the same seed, the same picks. 1 by default. */
  seed?: number
  /**
   * Answers in place of the endpoints, by URL, such as `{ 'http://users.test': () => ({ body: 'hi' }) }`.
   * No socket is opened then, and an endpoint that is not listed refuses. Without it the gateway
   * dials real sockets.
   */
  endpoints?: Readonly<Record<string, FakeEndpoint>>
  /** Answers bytes on connections of their own, by URL, beside `endpoints`. */
  peers?: Readonly<Record<string, FakePeer>>
  /**
   * Answers in place of DNS, by name: addresses, or SRV records as `'10 5 9001 a.users.test'`
   * (priority, weight, port, target). It may be changed while the gateway runs; a name that is not
   * listed does not exist. Without it DNS is asked, or nobody where `endpoints` is given.
   */
  names?: Readonly<Record<string, readonly string[]>>
  /**
   * Answers in place of Redis. Without it Redis is dialled, or away where `endpoints` is given.
   */
  redis?: FakeRedisAnswer
}

/** A gateway whose time stands still and whose chance repeats itself. */
export interface TestGateway {
  readonly gateway: Gateway
  readonly clock: VirtualClock
  readonly logged: readonly LoggedLine[]
  /** Sends a request through the whole gateway, without a port. */
  inject(options: InjectOptions | string): Promise<Response>
  close(): Promise<void>
}

/**
 * Builds a gateway on a virtual clock, a seeded generator and a log kept in memory. What the
 * config itself provides comes before these.
 *
 * @throws ConfigError with every problem of the config
 * @example
 * const { inject, close } = await createTestGateway(config, {
 *   endpoints: { 'http://10.0.0.1:9001': () => ({ status: 200, body: 'hello' }) },
 * })
 * assert.equal((await inject('/users')).body, 'hello')
 * await close()
 */
export async function createTestGateway<Upstreams extends string>(
  config: GatewayConfig<Upstreams>,
  { seed = 1, endpoints, peers, names, redis }: TestOptions = {},
): Promise<TestGateway> {
  const clock = new VirtualClock()
  const logged: LoggedLine[] = []
  const bindings = [
    bind(CLOCK, clock),
    bind(RNG, new SeededRng(seed)),
    bind(LOGGER, keepingLogger(logged)),
  ]
  const isFaked = endpoints !== undefined || peers !== undefined
  if (isFaked) bindings.push(bind(TRANSPORT, new FakeTransport(endpoints ?? {}, peers)))
  if (isFaked || names !== undefined) {
    bindings.push(bind(RESOLVER, new FakeResolver(names ?? {})))
  }
  if (isFaked || redis !== undefined) bindings.push(bind(REDIS, new FakeRedis(clock, redis)))
  const gateway = await createGateway(config, bindings)
  return {
    gateway,
    clock,
    logged,
    inject: (options) => gateway.inject(options),
    async close() {
      await gateway.close()
    },
  }
}

/**
 * Makes one instance of a use, as a gateway would: options validated, services injected. CLOCK is
 * virtual, RNG seeded and nobody on the network unless `bindings` say otherwise.
 *
 * @throws ConfigError when the options are wrong or a service is missing
 * @example
 * const plugin = instantiate(apiKey({ keys: ['k'] }))
 * plugin.request?.(fakeExchange())
 */
export function instantiate(use: PluginUse, bindings?: readonly Binding[]): Plugin
export function instantiate(use: StrategyUse, bindings?: readonly Binding[]): Strategy
export function instantiate(
  use: PluginUse | StrategyUse,
  bindings: readonly Binding[] = [],
): Plugin | Strategy {
  const problems = new Problems()
  const resolved =
    use.kind === 'plugin'
      ? resolvePlugins('use', [use], problems)[0]
      : resolveStrategy('use', use, problems)
  problems.raise()
  const container = Container.root()
    .bind(CLOCK, new VirtualClock())
    .bind(RNG, new SeededRng(1))
    .bind(LOGGER, keepingLogger([]))
    .bind(REDIS, new FakeRedis(new VirtualClock()))
    .bind(TRANSPORT, new FakeTransport({}))
    .bind(LIFECYCLE, new LiveLifecycle(new VirtualClock(), new SeededRng(1)))
    .bind(GATEWAY, IDLE_GATEWAY)
    .bind(MEMORY, new LiveMemory())
    .bindAll(bindings)
  const scope = { container, path: ['test'] }
  return new Uses().take<Plugin | Strategy>(scope, '0', resolved as ResolvedUse<Plugin>).instance
}

/**
 * Runs a scenario in virtual time: your strategy, selectors and plugins as a gateway would create
 * them, in front of modelled endpoints. The same seed gives the same run, to the last decision: two
 * equal runs have an equal `digest`. A request takes about a microsecond, and memory does not grow
 * with the time simulated. A `request` facet may return a promise, as long as it waits for nothing but
 * other promises and CLOCK. Answers have no headers or bodies.
 *
 * @throws ConfigError with everything that is wrong with the scenario
 * @example
 * const { latency, endpoints } = await simulate({
 *   balance: fastestOfThree(),
 *   arrivals: poisson(900),
 *   endpoints: [
 *     { service: exponential(10), servers: 1, count: 9 },
 *     { service: exponential(30), servers: 1, id: 'slow' },
 *   ],
 *   duration: '5m',
 *   warmUp: '10s',
 * })
 * assert.ok(latency.quantile(0.99) < 150)
 * assert.ok(endpoints[9].share < 0.05)
 */
export async function simulate(scenario: Scenario): Promise<SimulationReport> {
  const selectors = await selectorsOf(provided(scenario))
  return new Simulation(resolveScenario(scenario, selectors)).run()
}

function keepingLogger(lines: LoggedLine[]): Logger {
  const at = (level: LoggedLine['level']): LogLine => {
    return (first: object | string, message?: string): void => {
      if (typeof first === 'string') lines.push({ level, message: first, fields: {} })
      else lines.push({ level, message: message ?? '', fields: first })
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
