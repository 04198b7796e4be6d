import { Container } from './container/container.ts'
import type { Binding } from './contracts/token.ts'
import { NetworkTransport } from './http/client.ts'
import { createRouter } from './http/match.ts'
import { LiveMemory } from './memory.ts'
import { NetworkRedis } from './redis/network-redis.ts'
import { systemClock } from './system/clock.ts'
import { systemLogger } from './system/logger.ts'
import { systemResolver } from './system/resolver.ts'
import { freshSeed, SeededRng } from './system/rng.ts'
import { CLOCK, LOGGER, MEMORY, REDIS, RESOLVER, RNG, ROUTER, TRANSPORT } from './tokens.ts'

/** The outermost scope of a gateway: what is bound, and the machine's own for the rest. */
export function rootOf(bindings: readonly Binding[]): Container {
  const root = Container.root()
    .bind(CLOCK, systemClock)
    .bind(RNG, new SeededRng(freshSeed()))
    .bind(ROUTER, createRouter)
    .bind(RESOLVER, systemResolver)
    .bind(MEMORY, new LiveMemory())
    .bindAll(bindings)
  // Not made where they are replaced: one writes to stderr, the other opens sockets.
  if (!root.has(LOGGER)) root.bind(LOGGER, systemLogger())
  if (!root.has(TRANSPORT)) root.bind(TRANSPORT, new NetworkTransport(root.get(CLOCK)))
  if (!root.has(REDIS)) root.bind(REDIS, networkRedis(root))
  return root
}

function networkRedis(root: Container): NetworkRedis {
  return new NetworkRedis(root.get(CLOCK), root.get(RNG).fork('redis'), root.get(LOGGER))
}
