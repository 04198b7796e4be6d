import type { Clock, Redis } from '#core'
import { type Counts, shared } from './groups.ts'
import { GuardedStore } from './guarded-store.ts'
import { Leases } from './leases.ts'
import { limitsOf } from './limits.ts'
import { MemoryStore } from './memory-store.ts'
import type { RateLimitOptions } from './options.ts'
import { RedisStore } from './redis-store.ts'
import { Rule } from './rule.ts'

/** The counts that a use goes by: its own, or those of its group. */
export function countsOf(options: RateLimitOptions, clock: Clock, redis: Redis): Counts {
  if (options.group === '') return inMemory(options, clock)
  const { algorithm, limit, window, burst, limits, maxKeys } = options
  const { leased, onStoreError, storeTimeout, redis: place } = options
  const store = [leased, onStoreError, storeTimeout, place]
  const terms = JSON.stringify([algorithm, limit, window, burst, limits, maxKeys, store])
  return shared(clock, options.group, terms, () =>
    place.url === '' ? inMemory(options, clock) : inRedis(options, clock, redis),
  )
}

function inMemory(options: RateLimitOptions, clock: Clock): Counts {
  const rule = new Rule(limitsOf(options))
  const memory = new MemoryStore(rule, clock, options.maxKeys)
  return {
    rule,
    store: memory,
    isPrompt: true,
    keys: () => memory.size,
    open: () => Promise.resolve(),
    close() {},
  }
}

function inRedis(options: RateLimitOptions, clock: Clock, redis: Redis): Counts {
  const { group, leased, maxKeys, onStoreError, storeTimeout } = options
  const rule = new Rule(limitsOf(options))
  const connection = redis.connect(options.redis)
  const remote = new RedisStore(rule, connection, group, storeTimeout)
  const asked = leased ? new Leases(remote, rule, clock, maxKeys) : remote
  const local = new MemoryStore(rule, clock, maxKeys)
  // What was taken before may be given out while Redis is away.
  const isUp = (): boolean => leased || connection.isUp
  return {
    rule,
    store: new GuardedStore(asked, local, onStoreError, isUp),
    isPrompt: false,
    keys: () => local.size,
    open: () => connection.ready(),
    close: () => connection.close(),
  }
}
