import { isIP, type Socket } from 'node:net'
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
  TransportFailure,
  TransportRequest,
} from '../contracts/transport.ts'
import { ReadBuffers } from './read-buffers.ts'

const DEFAULT_MAX_BYTES = 2 ** 20
const buffers = new ReadBuffers()

/** The network, by undici. No other file knows it. */
export class UndiciTransport implements Transport {
  readonly #agent = new Agent()

  open(target: EndpointTarget): EndpointClient {
    return new UndiciClient(target)
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
      ...(target.url.startsWith('http:') ? { onread: READING } : {}),
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
    this.#owner.give(this.#client)
    if (!this.#isAborted) this.#sink.failed(classify(error))
  }
}

/** Makes a socket read into our buffers and push what came into its stream, as it does by itself. */
const READING = {
  buffer: buffers.take,
  callback(this: Socket, bytes: number, buffer: Uint8Array): boolean {
    return this.push(buffers.filled(buffer as Buffer, bytes))
  },
}

const ABORTED = new Error('aborted by the gateway')

/** Error codes of node and undici that mean: no connection, so nothing was sent. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
])

function classify(error: Error & { code?: string }): TransportFailure {
  const code = error.code ?? ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return { outcome: 'connect-failed', code: 'CONNECT_TIMEOUT', cause: error }
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { outcome: 'timeout', code: 'ENDPOINT_TIMEOUT', cause: error }
  }
  if (UNREACHABLE.has(code) || isTlsFailure(code)) {
    return { outcome: 'connect-failed', code: 'ENDPOINT_UNREACHABLE', cause: error }
  }
  return { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause: error }
}

// undici sees in this one code a matter of one Host among many, and leaves the request waiting.
function wrongName(error: Error & { code?: string }): Error {
  if (error.code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return error
  return Object.assign(new Error(error.message, { cause: error }), { code: 'CERT_NAME_MISMATCH' })
}

// OpenSSL's and node's codes for a certificate that does not verify, and handshakes that fail.
function isTlsFailure(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)
}

function decode(raw: RawBytes): RawHeaders {
  if (raw === null) return []
  const headers: RawHeaders = new Array(raw.length)
  for (let i = 0; i < raw.length; i++) headers[i] = (raw[i] as Buffer).toString('latin1')
  return headers
}

// close and destroy reject when the pool is closed already, which is what was wanted.
function ignoreClosed(): void {}
