export { type TSchema, Type } from 'typebox'
export { checked } from './config/checked.ts'
export { ConfigError } from './config/config-error.ts'
export { env, variableOf } from './config/env.ts'
export { FileLines } from './config/file-lines.ts'
export { keySource } from './config/key-source.ts'
export type { Resolved } from './config/options.ts'
export { redisOptions } from './config/redis-options.ts'
export { nearest } from './config/suggest.ts'
export { duration, size } from './config/units.ts'
export { type Judged, validator, type Wrong } from './config/validator.ts'
export type * from './contracts/clock.ts'
export type * from './contracts/config.ts'
export type * from './contracts/copies.ts'
export type * from './contracts/endpoint.ts'
export type * from './contracts/exchange.ts'
export type * from './contracts/flow.ts'
export type * from './contracts/gateway.ts'
export type * from './contracts/identity.ts'
export type * from './contracts/json.ts'
export type * from './contracts/key-source.ts'
export type * from './contracts/lifecycle.ts'
export type * from './contracts/limits.ts'
export type * from './contracts/listener-config.ts'
export type * from './contracts/logger.ts'
export type * from './contracts/memory.ts'
export type * from './contracts/peer.ts'
export type * from './contracts/plugin.ts'
export type * from './contracts/redis.ts'
export type * from './contracts/resolver.ts'
export type * from './contracts/route-config.ts'
export type * from './contracts/route-plugins.ts'
export type * from './contracts/router.ts'
export type * from './contracts/selector.ts'
export type * from './contracts/side-port.ts'
export type * from './contracts/strategy.ts'
export type * from './contracts/tcp-config.ts'
export type * from './contracts/token.ts'
export type * from './contracts/transport.ts'
export type * from './contracts/udp-config.ts'
export type * from './contracts/units.ts'
export type * from './contracts/upstream.ts'
export type * from './contracts/upstream-config.ts'
export type * from './contracts/use-scope.ts'
export type * from './contracts/uses.ts'
export {
  type Blueprint,
  contextKey,
  defineGateway,
  definePlugin,
  defineSelector,
  defineStrategy,
  type Factory,
  native,
} from './define.ts'
export { type ErrorCode, GatewayError } from './errors.ts'
export { EXCHANGE_PLACEHOLDERS, LATE_PLACEHOLDERS } from './exchange-placeholders.ts'
export {
  type CredentialPlace,
  type CredentialSource,
  credentialPlace,
  loneHeader,
} from './http/credentials.ts'
export { isFraming, isHeaderName, isHeaderValue } from './http/header-names.ts'
export { isSafePath } from './http/path.ts'
export { IDENTITY } from './identity.ts'
export { RedisError } from './redis/redis-error.ts'
export { cheapestOf } from './system/draw.ts'
export { hash32, mix32 } from './system/hash.ts'
export { Recent } from './system/recent.ts'
export { type Placeholders, Template, templateProblem } from './template.ts'
export {
  bind,
  CLOCK,
  GATEWAY,
  LIFECYCLE,
  LOGGER,
  MEMORY,
  OPTIONS,
  REDIS,
  RESOLVER,
  RNG,
  ROUTE_PLUGINS,
  ROUTER,
  SCOPE,
  TRANSPORT,
  token,
  UPSTREAM_SELECTORS,
} from './tokens.ts'
