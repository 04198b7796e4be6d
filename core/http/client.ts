import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { Agent, buildConnector, Client, type Dispatcher, request } from 'undici'
import type {
  AnswerSink,
  Call,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
  RawHeaders,
  Transport,
  TransportAnswer,
  TransportRequest,
} from '../contracts/transport.ts'
import { systemClock } from '../system/clock.ts'
import { classify, wrongName } from './failure.ts'
import { H2Client } from './h2-client.ts'
import { ReadBuffers, readingInto } from './read-buffers.ts'

const DEFAULT_MAX_BYTES = 2 ** 20
const buffers = new ReadBuffers()

/** The network, by undici. No other file knows it. */
export class UndiciTransport implements Transport {
  readonly #agent = new Agent()

  open(target: EndpointTarget): EndpointClient {
    return target.protocol === 'h2' ? new H2Client(target, systemClock) : new UndiciClient(target)
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

/**
 * Connections to one endpoint: undici clients, one connection and one request at a time each. The
 * one used last is used next, so that the others may time out; undici's own Pool looks through all
 * of them at each request and hears two events of each. There is no limit and so no queue: a queue
 * here would be one that nobody sees.
 */
class UndiciClient implements EndpointClient {
  readonly #url: string
  readonly #servername: string
  readonly #options: Client.Options
  readonly #free: Client[] = []
  readonly #all = new Set<Client>()
  #isClosed = false

  constructor(target: EndpointTarget) {
    const hostname = new URL(target.url).hostname.replace(/^\[|\]$/g, '')
    // undici would take the SNI from the Host header, which is the client's: fix it here.
    this.#servername = target.tls.servername || hostname
    const sni = isIP(this.#servername) === 0 ? this.#servername : ''
    const connect = buildConnector({
      timeout: target.connectTimeoutMs,
      rejectUnauthorized: !target.tls.insecure,
      ...(target.tls.ca === '' ? {} : { ca: target.tls.ca }),
      ...(target.tls.cert === '' ? {} : { cert: target.tls.cert, key: target.tls.key }),
      ...(target.url.startsWith('http:') ? { onread: readingInto(buffers) } : {}),
    })
    this.#url = target.url
    this.#options = {
      pipelining: 1,
      headersTimeout: target.responseTimeoutMs,
      bodyTimeout: target.idleTimeoutMs,
      connect(options, done) {
        connect({ ...options, servername: sni }, (...[error, socket]) => {
          if (error === null) done(null, socket)
          else done(wrongName(error), null)
        })
      },
    }
  }

  send(outgoing: OutgoingRequest, sink: AnswerSink): Call {
    const client = this.#free.pop() ?? this.#open()
    const call = new UndiciCall(this, client, sink)
    const { method, target, headers, body, upgrade } = outgoing
    client.dispatch(
      {
        method: method as Dispatcher.HttpMethod,
        path: target,
        headers,
        body,
        upgrade: upgrade ?? null,
        servername: this.#servername,
      } as Dispatcher.DispatchOptions,
      call,
    )
    return call
  }

  /** Takes a client back whose request is over. */
  give(client: Client): void {
    if (this.#isClosed) this.#drop(client)
    else this.#free.push(client)
  }

  /**
   * Lets go of a client whose request failed: its connection is lost, and undici would open another
   * to find out that an aborted request is not wanted any more.
   */
  discard(client: Client): void {
    this.#all.delete(client)
    client.destroy().catch(ignoreClosed)
  }

  close(): void {
    this.#isClosed = true
    for (const client of this.#free) this.#drop(client)
    this.#free.length = 0
  }

  destroy(): void {
    this.close()
    for (const client of this.#all) client.destroy().catch(ignoreClosed)
    this.#all.clear()
  }

  #open(): Client {
    const client = new Client(this.#url, this.#options)
    this.#all.add(client)
    client.on('disconnect', () => {
      const place = this.#free.indexOf(client)
      if (place < 0) return
      this.#free.splice(place, 1)
      this.#drop(client)
    })
    return client
  }

  #drop(client: Client): void {
    this.#all.delete(client)
    client.close().catch(ignoreClosed)
  }
}

/** Header names and values in turn, as undici has them; its types say strings in places. */
type RawBytes = readonly (Buffer | string)[] | null

/** One dispatch. Speaks undici's raw handler interface, which hands header bytes over unparsed. */
class UndiciCall implements Call, Dispatcher.DispatchHandler {
  readonly #owner: UndiciClient
  readonly #client: Client
  readonly #sink: AnswerSink
  #abort: ((error: Error) => void) | undefined = undefined
  #resume: (() => void) | undefined = undefined
  #isAborted = false

  constructor(owner: UndiciClient, client: Client, sink: AnswerSink) {
    this.#owner = owner
    this.#client = client
    this.#sink = sink
  }

  abort(): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#abort?.(ABORTED)
  }

  resume(): void {
    this.#resume?.()
  }

  recycle(chunk: Buffer): void {
    buffers.give(chunk)
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort
    if (this.#isAborted) abort(ABORTED)
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    this.#resume = resume
    if (status >= 200 && !this.#isAborted) this.#sink.head(status, statusText, decode(raw))
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#isAborted || this.#sink.data(chunk)
  }

  onComplete(trailers: RawBytes): void {
    this.#owner.give(this.#client)
    if (!this.#isAborted) this.#sink.end(decode(trailers))
  }

  onUpgrade(_status: number, raw: RawBytes, socket: Duplex): void {
    this.#owner.give(this.#client)
    if (this.#isAborted) socket.destroy()
    else this.#sink.upgraded('Switching Protocols', decode(raw), socket)
  }

  onError(error: Error): void {
    this.#owner.discard(this.#client)
    if (!this.#isAborted) this.#sink.failed(classify(error))
  }
}

const ABORTED = new Error('aborted by the gateway')

function decode(raw: RawBytes): RawHeaders {
  if (raw === null) return []
  const headers: RawHeaders = new Array(raw.length)
  for (let i = 0; i < raw.length; i++) headers[i] = (raw[i] as Buffer).toString('latin1')
  return headers
}

// close and destroy reject when the pool is closed already, which is what was wanted.
function ignoreClosed(): void {}
