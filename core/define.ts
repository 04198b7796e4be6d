import type { FastifyPluginAsync, FastifyPluginCallback, FastifyPluginOptions } from 'fastify'
import type { Static, TObject } from 'typebox'
import { closed, isPlainObject, type Resolved } from './config/options.ts'
import { callersCode, callersSymbol } from './config/user-code.ts'
import type { GatewayConfig } from './contracts/config.ts'
import type { ContextKey } from './contracts/flow.ts'
import type { Plugin } from './contracts/plugin.ts'
import type { Selector } from './contracts/selector.ts'
import type { Strategy } from './contracts/strategy.ts'
import type { Services, Token } from './contracts/token.ts'
import type {
  Definition,
  FastifyPlugin,
  NativeUse,
  PluginUse,
  SelectorUse,
  StrategyUse,
} from './contracts/uses.ts'

/** What a plugin or strategy is made of. */
export interface Blueprint<
  Options extends TObject,
  Inject extends readonly Token<unknown>[],
  Instance,
> {
  /** Kebab case, unique among the plugins in use; it names the use in messages. */
  name: string
  /**
   * A TypeBox object. Each optional property must have a default; unknown ones are refused;
   * durations and sizes (`duration()`, `size()`) arrive as ms and bytes. What no schema can say
   * stands in `checked()`.
   */
  options: Options
  /** The services that `create` takes after the options, in order. */
  inject?: Inject
  /**
   * True for a plugin that notices endpoints which are not well and keeps flows away from them.
   * `sluice check` warns of upstreams that none looks after.
   */
  watchesHealth?: boolean
  /** True for a plugin whose uses belong to the whole gateway; elsewhere they are a config error. */
  gatewayOnly?: boolean
  /** True for a plugin of which a chain has one use at most; a second is a config error. */
  once?: boolean
  /**
   * The exact paths that a use with these options answers by the facet `serves`, so that
   * `sluice explain` knows of them without making one.
   */
  paths?: (options: Resolved<Options>) => readonly string[]
  /** Makes the instance of one use, once, at boot. May throw: the load then fails. */
  create(options: Resolved<Options>, ...services: Services<Inject>): Instance
}

/** Makes a use of a plugin or strategy. The options may be left out if none is required. */
export type Factory<Options extends TObject, Use> = keyof Static<Options> extends never
  ? (options?: Readonly<Record<string, never>>) => Use
  : object extends Static<Options>
    ? (options?: Static<Options>) => Use
    : (options: Static<Options>) => Use

/**
 * Describes a gateway. Returns its argument; the types do the work: a route's `to` must name an
 * upstream, and unknown keys do not compile.
 *
 * @example
 * export default defineGateway({
 *   http: { port: 8080 },
 *   upstreams: { users: { endpoints: ['http://10.0.0.1:9001'], balance: roundRobin() } },
 *   routes: [{ path: '/users', to: 'users' }],
 * })
 */
export function defineGateway<const Upstreams extends string>(
  config: GatewayConfig<Upstreams>,
): GatewayConfig<Upstreams> {
  return config
}

/**
 * Defines a plugin and returns the factory that configs call.
 *
 * @throws TypeError when the options' schema or the `inject` tuple cannot be right
 * @example
 * export const stamp = definePlugin({
 *   name: 'stamp',
 *   options: Type.Object({ header: Type.Optional(Type.String({ default: 'x-served-at' })) }),
 *   inject: [CLOCK],
 *   create: ({ header }, clock) => ({
 *     request: (exchange) => exchange.setAnswerHeader(header, String(clock.wall())),
 *   }),
 * })
 */
export function definePlugin<
  const Options extends TObject,
  const Inject extends readonly Token<unknown>[] = readonly [],
>(blueprint: Blueprint<Options, Inject, Plugin>): Factory<Options, PluginUse> {
  const definition = complete<Plugin>('definePlugin', blueprint)
  return ((options: unknown = {}) => ({ kind: 'plugin', definition, options })) as Factory<
    Options,
    PluginUse
  >
}

/**
 * Defines a balancing strategy and returns the factory that goes under `balance`.
 *
 * @throws TypeError when the options' schema or the `inject` tuple cannot be right
 * @example
 * export const first = defineStrategy({
 *   name: 'first',
 *   options: Type.Object({}),
 *   create() {
 *     let ready: readonly Endpoint[] = []
 *     return { update: (endpoints) => { ready = endpoints }, pick: () => ready[0] }
 *   },
 * })
 */
export function defineStrategy<
  const Options extends TObject,
  const Inject extends readonly Token<unknown>[] = readonly [],
>(blueprint: Blueprint<Options, Inject, Strategy>): Factory<Options, StrategyUse> {
  const definition = complete<Strategy>('defineStrategy', blueprint)
  return ((options: unknown = {}) => ({ kind: 'strategy', definition, options })) as Factory<
    Options,
    StrategyUse
  >
}

/**
 * Defines a selector and returns the factory that goes into `select`.
 *
 * @throws TypeError when the options' schema or the `inject` tuple cannot be right
 * @example
 * export const lightFirst = defineSelector({
 *   name: 'light-first',
 *   options: Type.Object({}),
 *   create: () => ({
 *     update: ({ ready, all }) => [
 *       { name: 'light', ready: ready.filter(({ weight }) => weight < 2), all },
 *       { name: 'heavy', ready: ready.filter(({ weight }) => weight >= 2), all },
 *     ],
 *     select: () => 0,
 *   }),
 * })
 */
export function defineSelector<
  const Options extends TObject,
  const Inject extends readonly Token<unknown>[] = readonly [],
>(blueprint: Blueprint<Options, Inject, Selector>): Factory<Options, SelectorUse> {
  const definition = complete<Selector>('defineSelector', blueprint)
  return ((options: unknown = {}) => ({ kind: 'selector', definition, options })) as Factory<
    Options,
    SelectorUse
  >
}

/**
 * Puts any Fastify plugin into a chain, with its own options.
 *
 * @example
 * routes: [{ path: '/api', to: 'api', plugins: [native(cors, { origin: true })] }]
 */
export function native<Options extends FastifyPluginOptions>(
  plugin: FastifyPluginCallback<Options>,
  options?: NoInfer<Options>,
): NativeUse
export function native<Options extends FastifyPluginOptions>(
  plugin: FastifyPluginAsync<Options>,
  options?: NoInfer<Options>,
): NativeUse
export function native(plugin: unknown, options: unknown = {}): NativeUse {
  return { kind: 'native', plugin: plugin as FastifyPlugin, options }
}

/**
 * Makes a typed key under which plugins share a value of a flow.
 *
 * @example
 * const TENANT = contextKey<string>('tenant')
 * exchange.flow.context.set(TENANT, 'acme')
 */
export function contextKey<T>(name: string): ContextKey<T> {
  return callersSymbol(name)
}

function complete<Instance>(
  caller: string,
  given: {
    name: string
    options: TObject
    inject?: readonly Token<unknown>[]
    watchesHealth?: boolean
    gatewayOnly?: boolean
    once?: boolean
    paths?: (options: never) => readonly string[]
    create: (options: never, ...services: never) => Instance
  },
): Definition<Instance> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(given.name)) {
    throw new TypeError(
      `${caller}: a name is kebab-case, such as "slow-start", got "${given.name}"`,
    )
  }
  if (!isPlainObject(given.options)) {
    throw new TypeError(`${given.name}: options is a schema, such as Type.Object({})`)
  }
  const inject = given.inject ?? []
  const taken = Math.max(0, given.create.length - 1)
  if (taken !== inject.length) {
    throw new TypeError(`${given.name}: ${inject.length} dependencies declared, ${taken} taken`)
  }
  return {
    name: given.name,
    options: closed(given.name, given.options),
    inject,
    watchesHealth: given.watchesHealth ?? false,
    gatewayOnly: given.gatewayOnly ?? false,
    once: given.once ?? false,
    paths: given.paths ?? noPaths,
    create: given.create,
    code: callersCode(),
  }
}

function noPaths(): readonly string[] {
  return []
}
