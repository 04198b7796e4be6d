import type { RedisOptions } from 'sluice'

/** What `redisOptions()` gives for a URL alone. */
export function redisAt(url: string, connectTimeout = 2_000): RedisOptions {
  return {
    url,
    cluster: [],
    sentinel: { nodes: [], master: '', password: '' },
    tls: { ca: '', cert: '', key: '', servername: '', insecure: false },
    connectTimeout,
  }
}
