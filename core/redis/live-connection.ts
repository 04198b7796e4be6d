import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { RedisReply, RedisScript } from '../contracts/redis.ts'
import { Breaker } from './breaker.ts'
import type { Client } from './ioredis.ts'
import { RedisError } from './redis-error.ts'
import { Script } from './script.ts'

/** What a connection is made with. */
export interface ConnectionSettings {
  readonly name: string
  readonly connectTimeoutMs: number
}

// What Redis refuses it refuses quickly, and often: one line a minute is enough to find it by.
const REFUSAL_LINES_MS = 60_000
// Redis says no to whoever connects, so that there is no connection.
const LOCKED_OUT = /\b(WRONGPASS|NOAUTH|DENIED|invalid password|max number of clients|DB index)\b/
// ioredis goes on in database 0 then, among the keys of others.
const WRONG_DATABASE = /DB index is out of range|SELECT is not allowed/

/** One client with time limits, a breaker around it, and a word in the log when it goes and returns. */
export class LiveConnection {
  readonly name: string
  readonly #client: Client
  readonly #connectTimeoutMs: number
  readonly #clock: Clock
  readonly #log: Logger
  readonly #breaker: Breaker
  #isReady = false
  #isClosed = false
  #lastError = ''
  #isElsewhere = false
  #isTold = false
  #refusalToldAt = Number.NEGATIVE_INFINITY
  #cancelProbe: Cancel | undefined = undefined
  #whenReady: (() => void)[] = []

  constructor(
    client: Client,
    { name, connectTimeoutMs }: ConnectionSettings,
    clock: Clock,
    rng: Rng,
    log: Logger,
  ) {
    this.name = name
    this.#client = client
    this.#connectTimeoutMs = connectTimeoutMs
    this.#clock = clock
    this.#log = log
    this.#breaker = new Breaker(rng)
    client.on('connect', () => {
      this.#isElsewhere = false
    })
    client.on('ready', () => this.#cameUp())
    client.on('close', () => this.#wentDown())
    // Without a listener ioredis writes to the console.
    client.on('error', (error: unknown) => {
      this.#lastError = messageOf(error)
      if (WRONG_DATABASE.test(this.#lastError)) this.#isElsewhere = true
      if (!this.#isReady) this.#tell()
    })
  }

  get isUp(): boolean {
    return this.#isReady && !this.#breaker.isOpen && this.#client.status === 'ready'
  }

  ready(): Promise<boolean> {
    this.#open()
    if (this.#isReady || this.#isClosed) return Promise.resolve(this.isUp)
    return new Promise((resolve) => {
      const over = (): void => {
        cancel()
        resolve(this.isUp)
      }
      const cancel = this.#clock.after(this.#connectTimeoutMs, over)
      this.#whenReady.push(over)
    })
  }

  command(command: readonly (string | number)[], timeoutMs: number): Promise<RedisReply> {
    const problem = this.#problem()
    if (problem !== undefined) return Promise.reject(problem)
    return this.#send(command, timeoutMs)
  }

  script(source: string): RedisScript {
    return new Script(this, this.#clock, source)
  }

  /** Ends it; nothing is heard of it any more. */
  close(): void {
    this.#isClosed = true
    this.#isReady = false
    this.#cancelProbe?.()
    for (const over of this.#whenReady.splice(0)) over()
    this.#client.disconnect()
  }

  #open(): void {
    if (this.#isClosed || this.#client.status !== 'wait') return
    // Whatever goes wrong comes as an event too.
    this.#client.connect().catch(() => undefined)
  }

  #problem(): RedisError | undefined {
    if (this.isUp) return undefined
    this.#open()
    const isLockedOut = !this.#isReady && LOCKED_OUT.test(this.#lastError)
    const why = this.#lastError === '' ? 'not connected' : this.#lastError
    return new RedisError(isLockedOut ? 'refused' : 'down', `Redis at ${this.name} is away: ${why}`)
  }

  #send(command: readonly (string | number)[], timeoutMs: number): Promise<RedisReply> {
    const [name, ...args] = command
    return new Promise((resolve, reject) => {
      let isOver = false
      const cancel = this.#clock.after(timeoutMs, () => {
        isOver = true
        this.#failed(`no answer within ${timeoutMs} ms`, timeoutMs)
        reject(
          new RedisError('timeout', `Redis at ${this.name} gave no answer within ${timeoutMs} ms`),
        )
      })
      this.#client.call(String(name).toUpperCase(), args).then(
        (reply) => {
          // An answer that is late is one more sign that callers should not wait.
          if (isOver) return
          cancel()
          if (!this.#breaker.isOpen) this.#breaker.succeeded()
          resolve(reply as RedisReply)
        },
        (error: unknown) => {
          if (isOver) return
          cancel()
          reject(this.#failure(error, timeoutMs))
        },
      )
    })
  }

  #failure(error: unknown, timeoutMs: number): RedisError {
    const message = messageOf(error)
    if ((error as { name?: unknown }).name !== 'ReplyError') {
      const isSent = !message.startsWith('Stream isn')
      this.#failed('the connection was lost', timeoutMs)
      return new RedisError(isSent ? 'timeout' : 'down', `Redis at ${this.name} was lost`)
    }
    if (!this.#breaker.isOpen) this.#breaker.succeeded()
    if (!message.startsWith('NOSCRIPT')) this.#tellRefusal(message)
    return new RedisError('refused', message)
  }

  #failed(why: string, timeoutMs: number): void {
    if (!this.#breaker.failed()) return
    this.#lastError = why
    this.#tell()
    this.#probeLater(timeoutMs)
  }

  /** Nobody's call waits for a Redis that may be away: a PING of ours finds out. */
  #probeLater(timeoutMs: number): void {
    this.#cancelProbe?.()
    this.#cancelProbe = this.#clock.after(this.#breaker.pauseMs(), () => {
      // A connection that comes up says so itself.
      if (!this.#isReady) return
      this.#send(['PING'], timeoutMs).then(
        () => this.#recovered(),
        () => this.#probeLater(timeoutMs),
      )
    })
  }

  #cameUp(): void {
    if (this.#isClosed || this.#isElsewhere) return
    this.#isReady = true
    this.#recovered()
    for (const over of this.#whenReady.splice(0)) over()
  }

  #recovered(): void {
    if (this.#isClosed || !this.#isReady) return
    this.#cancelProbe?.()
    this.#breaker.close()
    this.#lastError = ''
    if (!this.#isTold) return
    this.#isTold = false
    this.#log.info(`Redis at ${this.name} is back`)
  }

  #wentDown(): void {
    const wasReady = this.#isReady
    this.#isReady = false
    if (this.#isClosed || !wasReady) return
    if (this.#lastError === '') this.#lastError = 'the connection was closed'
    this.#tell()
  }

  #tell(): void {
    if (this.#isTold || this.#isClosed) return
    this.#isTold = true
    this.#log.warn(`Redis at ${this.name} is away: ${this.#lastError}`)
  }

  #tellRefusal(message: string): void {
    const now = this.#clock.now()
    if (now - this.#refusalToldAt < REFUSAL_LINES_MS) return
    this.#refusalToldAt = now
    this.#log.warn(`Redis at ${this.name} refuses: ${message}`)
  }
}

// Of both addresses of `localhost` (an AggregateError), and of nodes of a cluster, one says it.
function messageOf(error: unknown): string {
  const { errors, lastNodeError, message } = error as {
    errors?: unknown[]
    lastNodeError?: unknown
    message?: string
  }
  const inner = errors?.[0] ?? lastNodeError
  if (inner !== undefined) return messageOf(inner)
  return message || String(error)
}
