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

/**
 * The network. Exchanges are forwarded by a client of our own; the small requests of plugins go
 * through undici, which no other file knows.
 */
export class NetworkTransport implements Transport {
  readonly #clock: Clock
  readonly #agent = new Agent()

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
      dispatcher: this.#agent,
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
    return { status: statusCode, headers: Object.fromEntries(flat), body: Buffer.concat(chunks) }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}
