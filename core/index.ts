export { type TSchema, Type } from 'typebox'
export { env } from './config/env.ts'
export type { Resolved } from './config/options.ts'
export { duration, size } from './config/units.ts'
export type * from './contracts/clock.ts'
export type * from './contracts/config.ts'
export type * from './contracts/endpoint.ts'
export type * from './contracts/exchange.ts'
export type * from './contracts/flow.ts'
export type * from './contracts/limits.ts'
export type * from './contracts/logger.ts'
export type * from './contracts/plugin.ts'
export type * from './contracts/router.ts'
export type * from './contracts/strategy.ts'
export type * from './contracts/token.ts'
export type * from './contracts/transport.ts'
export type * from './contracts/upstream.ts'
export type * from './contracts/uses.ts'
export {
  type Blueprint,
  contextKey,
  defineGateway,
  definePlugin,
  defineStrategy,
  type Factory,
  native,
} from './define.ts'
export { type ErrorCode, GatewayError } from './errors.ts'
export { bind, CLOCK, LOGGER, OPTIONS, RNG, ROUTER, TRANSPORT, token } from './tokens.ts'
