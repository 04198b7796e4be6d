/** Where a Redis is, and how it is reached. What `redisOptions()` of a plugin's schema resolves to. */
export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string
  /** More nodes of a cluster, as `host:port`, the URL's being the first; empty for no cluster. */
  readonly cluster: readonly string[]
  /** The Sentinels to ask for the address of `master`; the URL's own host and port do not count then. */
  readonly sentinel: {
    /** As `host:port`; empty for none. */
    readonly nodes: readonly string[]
    readonly master: string
    /** The Sentinels' own; empty for none. */
    readonly password: string
  }
  /** For `rediss://`. */
  readonly tls: {
    /** PEM, or a file's path, of certificates to trust; empty means the system's. */
    readonly ca: string
    /** PEM, or a file's path, of the certificate to show and of its key; empty for none. */
    readonly cert: string
    readonly key: string
    /** The name to verify and to ask for; empty means the URL's host. */
    readonly servername: string
    readonly insecure: boolean
  }
  /** In ms: for a connection to be there and Redis ready on it, and for any byte that is due. */
  readonly connectTimeout: number
}

/**
 * Why there is no answer:
 *
 * - `down`: no connection, or too many calls in a row failed; nothing was sent
 * - `timeout`: none in the caller's time, or the connection was lost; Redis may have run it
 * - `refused`: Redis said no, such as to a wrong password, to a write when it is full or a replica
 */
export type RedisFault = 'down' | 'timeout' | 'refused'

/** What Redis answers. */
export type RedisReply = string | number | null | readonly RedisReply[]

/** A script that Redis runs in one step (EVAL). */
export interface RedisScript {
  /**
   * `keys` are all keys that it touches; in a cluster they share a hash tag, such as `{users}`.
   * @throws RedisError within `timeoutMs`
   */
  run(
    keys: readonly string[],
    args: readonly (string | number)[],
    timeoutMs: number,
  ): Promise<RedisReply>
}

/**
 * A Redis that may go away and come back at any time. No call waits for it: one is over after its
 * `timeoutMs` at the latest, and at once while Redis is known to be away. Nothing is sent twice.
 */
export interface RedisConnection {
  /** Host and port, for messages; no secret. */
  readonly name: string
  /** Whether a call makes sense now. */
  readonly isUp: boolean
  /** Connects. Gives whether Redis is there, after `connectTimeout` at the latest; never rejected. */
  ready(): Promise<boolean>
  /**
   * Runs one command, such as `['GET', 'key']`.
   * @throws RedisError within `timeoutMs`
   */
  command(command: readonly (string | number)[], timeoutMs: number): Promise<RedisReply>
  /** A script to run many times. Redis gets its text once and its digest from then on. */
  script(source: string): RedisScript
  /** Lets go of it. The last one with equal options closes it. Calling it again does nothing. */
  close(): void
}

/** How plugins reach Redis; bound to REDIS. */
export interface Redis {
  /**
   * A connection that is shared by all with equal options. Opens no socket yet.
   * @throws Error that says what is wrong with the options, or what to install
   */
  connect(options: RedisOptions): RedisConnection
}
