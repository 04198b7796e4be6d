import type { EndpointTarget } from '../contracts/transport.ts'

/** How an endpoint that is none is reached: in plain HTTP/1.1, without a limit. */
export function plainTarget(url: string): EndpointTarget {
  return {
    url,
    connectTimeoutMs: 0,
    responseTimeoutMs: 0,
    idleTimeoutMs: 0,
    protocol: 'h1',
    tls: { ca: '', cert: '', key: '', servername: '', insecure: false },
    connections: { maxIdle: 1, idleMs: 0 },
  }
}
