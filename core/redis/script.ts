import { createHash } from 'node:crypto'
import type { Clock } from '../contracts/clock.ts'
import type { RedisConnection, RedisReply, RedisScript } from '../contracts/redis.ts'

/** Sends a script's digest, and its text where Redis does not know that. */
export class Script implements RedisScript {
  readonly #connection: Pick<RedisConnection, 'command'>
  readonly #clock: Clock
  readonly #source: string
  readonly #digest: string

  constructor(connection: Pick<RedisConnection, 'command'>, clock: Clock, source: string) {
    this.#connection = connection
    this.#clock = clock
    this.#source = source
    // What Redis names scripts by (EVALSHA); nothing is secured by it.
    this.#digest = createHash('sha1').update(source).digest('hex')
  }

  async run(
    keys: readonly string[],
    args: readonly (string | number)[],
    timeoutMs: number,
  ): Promise<RedisReply> {
    const began = this.#clock.now()
    const rest = [keys.length, ...keys, ...args]
    try {
      return await this.#connection.command(['EVALSHA', this.#digest, ...rest], timeoutMs)
    } catch (error: unknown) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    }
    const leftMs = Math.max(0, timeoutMs - (this.#clock.now() - began))
    return this.#connection.command(['EVAL', this.#source, ...rest], leftMs)
  }
}
