import { callersSymbol } from './config/user-code.ts'
import type { Clock, Rng } from './contracts/clock.ts'
import type { RunningGateway } from './contracts/gateway.ts'
import type { Lifecycle } from './contracts/lifecycle.ts'
import type { Logger } from './contracts/logger.ts'
import type { Memory } from './contracts/memory.ts'
import type { Redis } from './contracts/redis.ts'
import type { Resolver } from './contracts/resolver.ts'
import type { RoutePlugins } from './contracts/route-plugins.ts'
import type { RouterFactory } from './contracts/router.ts'
import type { Binding, Token } from './contracts/token.ts'
import type { Transport } from './contracts/transport.ts'
import type { UseScope } from './contracts/use-scope.ts'
import type { SelectorUse } from './contracts/uses.ts'

/**
 * Names a service of your own, to `bind` in a config and to `inject` in a plugin.
 *
 * @example
 * export const SESSION_STORE = token<SessionStore>('SESSION_STORE')
 */
export function token<T>(name: string): Token<T> {
  return callersSymbol(name)
}

/**
 * Replaces a service, or provides one of your own, for the `provide` list of a config.
 *
 * @example
 * defineGateway({ provide: [bind(CLOCK, myClock)], ... })
 */
export function bind<T>(name: Token<T>, value: NoInfer<T>): Binding {
  return { token: name, value }
}

/** Time. */
export const CLOCK = token<Clock>('CLOCK')
/** Chance; each plugin use gets a fork of its own. */
export const RNG = token<Rng>('RNG')
/** Where log lines go; pino, as JSON to stderr, unless bound. */
export const LOGGER = token<Logger>('LOGGER')
/** Whether the gateway is ready or goes. */
export const LIFECYCLE = token<Lifecycle>('LIFECYCLE')
/** The gateway itself: what it does, its config, a reload, its stop. */
export const GATEWAY = token<RunningGateway>('GATEWAY')
/** What outlives a plugin use. */
export const MEMORY = token<Memory>('MEMORY')
/** The options of the use that injects it, validated, defaults filled. */
export const OPTIONS = token<unknown>('OPTIONS')
/** Where the use that injects it stands. */
export const SCOPE = token<UseScope>('SCOPE')
/** How requests find their route. */
export const ROUTER = token<RouterFactory>('ROUTER')
/** How the gateway and its plugins reach the network. */
export const TRANSPORT = token<Transport>('TRANSPORT')
/** How plugins ask DNS. */
export const RESOLVER = token<Resolver>('RESOLVER')
/** How plugins reach Redis; through the package `ioredis` unless bound. */
export const REDIS = token<Redis>('REDIS')
/** The plugins behind the fields of routes; those of `sluice/plugins` unless bound. */
export const ROUTE_PLUGINS = token<RoutePlugins>('ROUTE_PLUGINS')
/** The selectors of upstreams that do not list any; `[priority()]` of `sluice/plugins` unless bound. */
export const UPSTREAM_SELECTORS = token<readonly SelectorUse[]>('UPSTREAM_SELECTORS')
