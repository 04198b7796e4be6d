import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type { RedisOptions as ClientOptions, Cluster, ClusterOptions, Redis } from 'ioredis'
import { readPem } from '../config/pem.ts'
import type { Rng } from '../contracts/clock.ts'
import type { RedisOptions } from '../contracts/redis.ts'

/** A client of ioredis, of one Redis or of a cluster. */
export type Client = Redis | Cluster

type Library = typeof import('ioredis')

const PORT = 6379
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000
// A goodbye that nobody answers, as by a process that is stopped, must not hold up an exit.
const GOODBYE_MS = 100
// A cluster that moves its slots: a call is sent on a few times, and over in the callers' time.
const REDIRECTIONS = 3
const TRY_AGAIN_MS = 5

/** @throws Error that says what to install */
export function loadIoredis(require: (name: string) => unknown = createRequire(import.meta.url)) {
  try {
    return require('ioredis') as Library
  } catch (error: unknown) {
    throw new Error('Redis takes the package "ioredis": run npm install ioredis', { cause: error })
  }
}

/**
 * A client that never waits: no call is kept until there is a connection, none is sent again on the
 * next one, and a connection on which an answer is overdue is given up. It connects when told to.
 *
 * @throws Error when a certificate cannot be read
 */
export function createClient(library: Library, options: RedisOptions, rng: Rng): Client {
  const { url, cluster, sentinel } = options
  const parts = new URL(url)
  const own = clientOptions(options, parts, rng)
  if (cluster.length > 0) {
    const nodes = [{ host: hostOf(parts), port: portOf(parts) }, ...cluster.map(node)]
    return new library.Cluster(nodes, clusterOptions(options, own, rng))
  }
  if (sentinel.nodes.length === 0) {
    return new library.Redis({ ...own, host: hostOf(parts), port: portOf(parts) })
  }
  return new library.Redis({
    ...own,
    name: sentinel.master,
    sentinels: sentinel.nodes.map(node),
    sentinelRetryStrategy: (times) => pause(times, rng),
    ...(sentinel.password !== '' && { sentinelPassword: sentinel.password }),
  })
}

/** Host and port, or the master's name: what messages may say. */
export function nameOf({ url, sentinel }: RedisOptions): string {
  const parts = new URL(url)
  return sentinel.nodes.length > 0 ? sentinel.master : `${parts.hostname}:${portOf(parts)}`
}

function clientOptions(options: RedisOptions, parts: URL, rng: Rng): ClientOptions {
  return {
    username: decodeURIComponent(parts.username),
    password: decodeURIComponent(parts.password),
    db: Number(parts.pathname.slice(1)),
    connectionName: 'sluice',
    disableClientInfo: true,
    lazyConnect: true,
    enableOfflineQueue: false,
    // Else what was under way when a connection broke would run once more on the next one.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: options.connectTimeout,
    // Covers what connectTimeout does not: a process that is stopped still accepts connections.
    socketTimeout: options.connectTimeout,
    disconnectTimeout: GOODBYE_MS,
    retryStrategy: (times) => pause(times, rng),
    ...(parts.protocol === 'rediss:' && { tls: tlsOptions(options, parts) }),
  }
}

function clusterOptions(
  { connectTimeout, url }: RedisOptions,
  { lazyConnect, ...redisOptions }: ClientOptions,
  rng: Rng,
): ClusterOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    redisOptions,
    slotsRefreshTimeout: connectTimeout,
    clusterRetryStrategy: (times) => pause(times, rng),
    maxRedirections: REDIRECTIONS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: TRY_AGAIN_MS,
    // Certificates of nodes are for their names, which must not become addresses before TLS.
    ...(url.startsWith('rediss:') && {
      dnsLookup: (name, done) => done(null, name),
    }),
  }
}

function tlsOptions({ tls }: RedisOptions, parts: URL): NonNullable<ClientOptions['tls']> {
  const { ca, cert, key, servername, insecure } = tls
  const host = hostOf(parts)
  const asked = servername === '' && isIP(host) === 0 ? host : servername
  return {
    rejectUnauthorized: !insecure,
    ...(asked !== '' && { servername: asked }),
    ...(ca !== '' && { ca: readPem(ca).text }),
    ...(cert !== '' && { cert: readPem(cert).text }),
    ...(key !== '' && { key: readPem(key).text }),
  }
}

function node(written: string): { host: string; port: number } {
  const parts = new URL(`redis://${written}`)
  return { host: hostOf(parts), port: portOf(parts) }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function portOf({ port }: URL): number {
  return port === '' ? PORT : Number(port)
}

// Never ends, and no two gateways knock together.
function pause(times: number, rng: Rng): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times, 10))
  return longest * (0.5 + rng.unit() / 2)
}
