import { fingerprint } from '../config/fingerprint.ts'
import type { Clock, Rng } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type {
  Redis,
  RedisConnection,
  RedisOptions,
  RedisReply,
  RedisScript,
} from '../contracts/redis.ts'
import { createClient, loadIoredis, nameOf } from './ioredis.ts'
import { LiveConnection } from './live-connection.ts'

interface Shared {
  readonly connection: LiveConnection
  holders: number
}

/** Redis over the machine's sockets, through ioredis, which is loaded when first needed. */
export class NetworkRedis implements Redis {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  readonly #byOptions = new Map<string, Shared>()

  constructor(clock: Clock, rng: Rng, log: Logger) {
    this.#clock = clock
    this.#rng = rng
    this.#log = log
  }

  connect(options: RedisOptions): RedisConnection {
    const key = fingerprint([options])
    const shared = this.#byOptions.get(key) ?? this.#open(key, options)
    shared.holders++
    return new SharedConnection(shared.connection, () => {
      if (--shared.holders > 0) return
      this.#byOptions.delete(key)
      shared.connection.close()
    })
  }

  #open(key: string, options: RedisOptions): Shared {
    const client = createClient(loadIoredis(), options, this.#rng)
    const { connectTimeout } = options
    const connection = new LiveConnection(
      client,
      { name: nameOf(options), connectTimeoutMs: connectTimeout },
      this.#clock,
      this.#rng,
      this.#log,
    )
    const shared = { connection, holders: 0 }
    this.#byOptions.set(key, shared)
    return shared
  }
}

/** What one user of a connection has: it lets go once. */
class SharedConnection implements RedisConnection {
  readonly #connection: LiveConnection
  #release: (() => void) | undefined

  constructor(connection: LiveConnection, release: () => void) {
    this.#connection = connection
    this.#release = release
  }

  get name(): string {
    return this.#connection.name
  }

  get isUp(): boolean {
    return this.#connection.isUp
  }

  ready(): Promise<boolean> {
    return this.#connection.ready()
  }

  command(command: readonly (string | number)[], timeoutMs: number): Promise<RedisReply> {
    return this.#connection.command(command, timeoutMs)
  }

  script(source: string): RedisScript {
    return this.#connection.script(source)
  }

  close(): void {
    this.#release?.()
    this.#release = undefined
  }
}
