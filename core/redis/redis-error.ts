import type { RedisFault } from '../contracts/redis.ts'

/** A call of Redis that failed; its `reason` says how, its message has no secret in it. */
export class RedisError extends Error {
  readonly reason: RedisFault

  constructor(reason: RedisFault, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'RedisError'
    this.reason = reason
  }
}
