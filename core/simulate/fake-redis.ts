import type { Clock } from '../contracts/clock.ts'
import type { Redis, RedisConnection, RedisReply } from '../contracts/redis.ts'
import { RedisError } from '../redis/redis-error.ts'

/**
 * Answers a command in place of Redis; a script comes as `['EVAL', source, number of keys, …]`. What
 * it throws is refused, unless it is a RedisError; what it does not answer in time is a timeout.
 */
export type FakeRedisAnswer = (
  command: readonly (string | number)[],
) => RedisReply | Promise<RedisReply>

/** A Redis for tests and simulations, on their clock; away if nothing answers. */
export class FakeRedis implements Redis {
  readonly #clock: Clock
  readonly #answer: FakeRedisAnswer | undefined

  constructor(clock: Clock, answer?: FakeRedisAnswer) {
    this.#clock = clock
    this.#answer = answer
  }

  connect(): RedisConnection {
    const isUp = this.#answer !== undefined
    const command = (call: readonly (string | number)[], timeoutMs: number) =>
      this.#call(call, timeoutMs)
    return {
      name: 'redis.test:6379',
      isUp,
      ready: () => Promise.resolve(isUp),
      command,
      script: (source) => ({
        run: (keys, args, timeoutMs) =>
          command(['EVAL', source, keys.length, ...keys, ...args], timeoutMs),
      }),
      close: () => undefined,
    }
  }

  #call(command: readonly (string | number)[], timeoutMs: number): Promise<RedisReply> {
    return new Promise((resolve, reject) => {
      if (this.#answer === undefined) throw new RedisError('down', 'there is no Redis here')
      const cancel = this.#clock.after(timeoutMs, () => {
        reject(new RedisError('timeout', `no answer within ${timeoutMs} ms`))
      })
      answered(this.#answer, command)
        .then(resolve, (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error)
          reject(error instanceof RedisError ? error : new RedisError('refused', message))
        })
        .finally(cancel)
    })
  }
}

async function answered(
  answer: FakeRedisAnswer,
  command: readonly (string | number)[],
): Promise<RedisReply> {
  return answer(command)
}
