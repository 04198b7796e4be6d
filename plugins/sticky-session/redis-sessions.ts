import type { RedisConnection, RedisScript } from '#core'
import type { StickyOptions } from './options.ts'

// No request waits for what is written: a busy moment of Redis need not lose a session.
const UNAWAITED_MS = 1_000

// Whoever asks uses the session: it lives for the idle time from then on.
const LOOK = `
local endpoint = redis.call('GET', KEYS[1])
if endpoint and ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return endpoint`

// Of gateways that bind a session anew at the same time the first one decides.
const BIND = `
local endpoint = redis.call('GET', KEYS[1])
if endpoint and endpoint ~= ARGV[1] and endpoint ~= ARGV[2] then return endpoint end
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return ARGV[2]`

/** Learned sessions in Redis. Where it gives no answer in time there is none: nothing is rejected. */
export class RedisSessions {
  readonly #redis: RedisConnection
  readonly #look: RedisScript
  readonly #bind: RedisScript
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #idleMs: number
  /** Requests of one session that come together ask once. */
  readonly #asking = new Map<string, Promise<string | null | undefined>>()

  constructor(
    redis: RedisConnection,
    {
      redisPrefix,
      redisTimeout,
      idle,
    }: Pick<StickyOptions, 'redisPrefix' | 'redisTimeout' | 'idle'>,
  ) {
    this.#redis = redis
    this.#look = redis.script(LOOK)
    this.#bind = redis.script(BIND)
    this.#prefix = redisPrefix
    this.#timeoutMs = redisTimeout
    this.#idleMs = idle
  }

  get isUp(): boolean {
    return this.#redis.isUp
  }

  /** Waits for Redis to be there, but not for long. */
  async start(): Promise<void> {
    await this.#redis.ready()
  }

  /** The id of the session's endpoint, null if it has none, undefined if that cannot be told. */
  look(key: string): Promise<string | null | undefined> {
    const asked = this.#asking.get(key)
    if (asked !== undefined) return asked
    const answer = this.#look
      .run([this.#prefix + key], [this.#idleMs], this.#timeoutMs)
      .then(textOf, unknown)
      .finally(() => this.#asking.delete(key))
    this.#asking.set(key, answer)
    return answer
  }

  /**
   * Binds a session that had no endpoint, or `before`. Gives whose it is now, which another gateway
   * may have decided; undefined if that cannot be told.
   */
  bind(key: string, before: string, endpoint: string): Promise<string | null | undefined> {
    const args = [before, endpoint, this.#idleMs]
    return this.#bind.run([this.#prefix + key], args, UNAWAITED_MS).then(textOf, unknown)
  }

  forget(key: string): void {
    this.#redis.command(['DEL', this.#prefix + key], UNAWAITED_MS).catch(unknown)
  }

  close(): void {
    this.#redis.close()
  }
}

function textOf(reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null
}

// The connection has logged it, and the request goes on without.
function unknown(): undefined {}
