import type { FastifyPluginAsync, FastifyPluginCallback } from 'fastify'
import type { TObject } from 'typebox'
import type { Plugin } from './plugin.ts'
import type { Selector } from './selector.ts'
import type { Strategy } from './strategy.ts'
import type { Token } from './token.ts'

/** What `definePlugin`, `defineStrategy` or `defineSelector` was given, its option types forgotten. */
export interface Definition<Instance> {
  readonly name: string
  readonly options: TObject
  readonly inject: readonly Token<unknown>[]
  /** Whether its uses notice endpoints that are not well; `sluice check` looks for one. */
  readonly watchesHealth: boolean
  /** Whether its uses stand in the gateway's own plugins and nowhere else. */
  readonly gatewayOnly: boolean
  /** Whether a chain has one of its uses at most. */
  readonly once: boolean
  /** The exact paths that a use with these options answers itself; `sluice explain` shows them. */
  readonly paths: (options: never) => readonly string[]
  readonly create: (options: never, ...services: never) => Instance
  /** Equal while the files of the user's that it comes from stay as they are. */
  readonly code: string
}

/** A plugin with its options, as it stands in a config: data, nothing runs until boot. */
export interface PluginUse {
  readonly kind: 'plugin'
  readonly definition: Definition<Plugin>
  readonly options: unknown
}

/** A strategy with its options, as it stands under `balance`. */
export interface StrategyUse {
  readonly kind: 'strategy'
  readonly definition: Definition<Strategy>
  readonly options: unknown
}

/** A selector with its options, as it stands in an upstream's `select`. */
export interface SelectorUse {
  readonly kind: 'selector'
  readonly definition: Definition<Selector>
  readonly options: unknown
}

/** Any Fastify plugin of either style. */
export type FastifyPlugin = FastifyPluginCallback<never> | FastifyPluginAsync<never>

/** A Fastify plugin with its options, made by `native`. */
export interface NativeUse {
  readonly kind: 'native'
  readonly plugin: FastifyPlugin
  readonly options: unknown
}

/** What may stand in the chain of a route or of the whole gateway. */
export type ChainUse = PluginUse | NativeUse
