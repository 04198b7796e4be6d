import { Agent, type Dispatcher, request } from 'undici'
import type { Clock } from '../contracts/clock.ts'
import type {
  Connection,
  ConnectionSink,
  EndpointClient,
  EndpointTarget,
  Transport,
  TransportAnswer,
  TransportRequest,
} from '../contracts/transport.ts'
import { ByteConnection } from './byte-connection.ts'
import { H2Client } from './h2-client.ts'
import { Http1Client } from './http1-client.ts'

const DEFAULT_MAX_BYTES = 2 ** 20
const MOST_AGENTS = 32

/**
 * The network. Exchanges are forwarded by a client of our own; the small requests of plugins go
 * through undici, which no other file knows.
 */
export class NetworkTransport implements Transport {
  readonly #clock: Clock
  readonly #agent = new Agent()
  /** Those of requests that say how TLS verifies, by what they say. */
  readonly #agents = new Map<string, Agent>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(target: EndpointTarget): EndpointClient {
    return target.protocol === 'h2'
      ? new H2Client(target, this.#clock)
      : new Http1Client(target, this.#clock)
  }

  connect(target: EndpointTarget, sink: ConnectionSink): Connection {
    return new ByteConnection(target, this.#clock, sink)
  }

  async request(asked: TransportRequest): Promise<TransportAnswer> {
    const { statusCode, headers, body } = await request(asked.url, {
      method: (asked.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: { ...asked.headers },
      body: asked.body ?? null,
      dispatcher: this.#agentFor(asked),
      signal: AbortSignal.timeout(asked.timeoutMs),
    })
    const limit = asked.maxBytes ?? DEFAULT_MAX_BYTES
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limit) throw new Error(`the answer is larger than ${limit} bytes`)
      chunks.push(chunk)
    }
    const flat = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')])
    return {
      status: statusCode,
      headers: Object.fromEntries(flat),
      cookies: [headers['set-cookie'] ?? []].flat(),
      body: Buffer.concat(chunks),
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent, ...this.#agents.values()].map((agent) => agent.destroy()))
  }

  #agentFor({ tls: { ca = '', servername = '' } = {} }: TransportRequest): Agent {
    if (ca === '' && servername === '') return this.#agent
    const key = JSON.stringify([ca, servername])
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    // One for each authority that was ever in force would be a leak, however slow.
    const [oldest] = this.#agents
    if (oldest !== undefined && this.#agents.size >= MOST_AGENTS) {
      this.#agents.delete(oldest[0])
      void oldest[1].close()
    }
    const connect = { ...(ca !== '' && { ca }), ...(servername !== '' && { servername }) }
    const agent = new Agent({ connect })
    this.#agents.set(key, agent)
    return agent
  }
}
