import type { Readable } from 'node:stream'
import type {
  AnswerSink,
  Call,
  Connection,
  ConnectionSink,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
  RawHeaders,
  Transport,
  TransportAnswer,
  TransportFailure,
  TransportRequest,
} from '../contracts/transport.ts'

/** A request as it reached an endpoint that a test stands in for. */
export interface FakeRequest {
  readonly method: string
  readonly target: string
  /** By lower-case name; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Its answer; 200 and empty by default. */
export interface FakeAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly trailers?: Readonly<Record<string, string>>
}

/** Stands in for an endpoint. One that throws breaks the connection. */
export type FakeEndpoint = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>

/** What an endpoint says to bytes on a connection of their own; nothing for one that is not there. */
export interface FakePeer {
  /** Said first, as soon as somebody connects. */
  readonly greeting?: string
  /** Says what is to be answered to each piece. One that throws breaks the connection. */
  answer?(bytes: string): string
}

/** A network of functions, for tests and simulations. */
export class FakeTransport implements Transport {
  readonly #endpoints: Readonly<Record<string, FakeEndpoint>>

  readonly #peers: Readonly<Record<string, FakePeer>>

  /** Whoever has an endpoint can be connected to as well, but only a peer says anything. */
  constructor(
    endpoints: Readonly<Record<string, FakeEndpoint>>,
    peers: Readonly<Record<string, FakePeer>> = {},
  ) {
    this.#endpoints = endpoints
    this.#peers = peers
  }

  open(target: EndpointTarget): EndpointClient {
    const endpoint = this.#endpoints[target.url]
    return {
      send: (request, sink) => new FakeCall(endpoint, request, sink),
      close() {},
      destroy() {},
    }
  }

  connect({ url }: EndpointTarget, sink: ConnectionSink): Connection {
    const peer = this.#peers[url] ?? (this.#endpoints[url] === undefined ? undefined : SILENT)
    return new FakeConnection(peer, sink)
  }

  async request(request: TransportRequest): Promise<TransportAnswer> {
    const { origin, pathname, search } = new URL(request.url)
    const endpoint = this.#endpoints[origin]
    if (endpoint === undefined) throw new Error(`${origin} refused`)
    const answer = await endpoint({
      method: request.method ?? 'GET',
      target: pathname + search,
      headers: request.headers ?? {},
      body: Buffer.from(request.body ?? ''),
    })
    const { status = 200, headers: given = {}, body = '' } = answer
    const headers = byName(Object.entries(given).flat())
    const cookie = headers['set-cookie']
    return {
      status,
      headers,
      cookies: cookie === undefined ? [] : [cookie],
      body: Buffer.from(body),
    }
  }

  async close(): Promise<void> {}
}

class FakeCall implements Call {
  #isOver = false

  constructor(endpoint: FakeEndpoint | undefined, request: OutgoingRequest, sink: AnswerSink) {
    this.#run(endpoint, request, sink).catch((cause: unknown) => {
      if (!this.#isOver) sink.failed(failure(endpoint, cause))
    })
  }

  abort(): void {
    this.#isOver = true
  }

  resume(): void {}

  recycle(): void {}

  async #run(endpoint: FakeEndpoint | undefined, request: OutgoingRequest, sink: AnswerSink) {
    const { method, target } = request
    const body = await read(request.body)
    if (endpoint === undefined) throw new Error('refused')
    const answer = await endpoint({ method, target, headers: byName(request.headers), body })
    if (this.#isOver) return
    const { status = 200, headers = {}, body: content = '', trailers = {} } = answer
    sink.head(status, '', Object.entries(headers).flat())
    if (!this.#isOver && content.length > 0) sink.data(Buffer.from(content))
    if (!this.#isOver) sink.end(Object.entries(trailers).flat())
  }
}

const SILENT: FakePeer = {}

class FakeConnection implements Connection {
  readonly #peer: FakePeer | undefined
  readonly #sink: ConnectionSink
  #isOver = false

  constructor(peer: FakePeer | undefined, sink: ConnectionSink) {
    this.#peer = peer
    this.#sink = sink
    this.#soon(() => this.#connect())
  }

  write(bytes: string | Uint8Array): void {
    this.#soon(() => this.#say(this.#peer?.answer?.(Buffer.from(bytes).toString()) ?? ''))
  }

  destroy(): void {
    this.#isOver = true
  }

  #connect(): void {
    if (this.#peer === undefined) throw new Error('refused')
    this.#sink.connected()
    this.#say(this.#peer.greeting ?? '')
  }

  #say(text: string): void {
    if (!this.#isOver && text !== '') this.#sink.data(Buffer.from(text))
  }

  #soon(run: () => void): void {
    queueMicrotask(() => {
      if (this.#isOver) return
      try {
        run()
      } catch (cause: unknown) {
        this.#isOver = true
        this.#sink.ended(failure(this.#peer, cause))
      }
    })
  }
}

function failure(endpoint: FakeEndpoint | FakePeer | undefined, cause: unknown): TransportFailure {
  return endpoint === undefined
    ? {
        outcome: 'connect-failed',
        code: 'ENDPOINT_UNREACHABLE',
        cause,
        sent: 'nothing',
        reused: false,
      }
    : { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause, sent: 'all', reused: false }
}

async function read(body: Readable | Uint8Array | null): Promise<Buffer> {
  if (body === null || body instanceof Uint8Array) return Buffer.from(body ?? [])
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function byName(raw: RawHeaders): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const value = raw[i + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
