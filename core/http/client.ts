import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { Agent, buildConnector, type Dispatcher, Pool, request } from 'undici'
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

const DEFAULT_MAX_BYTES = 2 ** 20

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

class UndiciClient implements EndpointClient {
  readonly #pool: Pool
  readonly #servername: string

  constructor(target: EndpointTarget) {
    const url = new URL(target.url)
    const hostname = url.hostname.replace(/^\[|\]$/g, '')
    // undici would take the SNI from the Host header, which is the client's: fix it here.
    this.#servername = target.tls.servername || hostname
    const sni = isIP(this.#servername) === 0 ? this.#servername : undefined
    const connect = buildConnector({
      timeout: target.connectTimeoutMs,
      rejectUnauthorized: !target.tls.insecure,
      ...(target.tls.ca === '' ? {} : { ca: target.tls.ca }),
    })
    this.#pool = new Pool(target.url, {
      pipelining: 1,
      headersTimeout: target.responseTimeoutMs,
      bodyTimeout: target.idleTimeoutMs,
      connect: (options, done) => connect({ ...options, servername: sni ?? '' }, done),
    })
  }

  send(outgoing: OutgoingRequest, sink: AnswerSink): Call {
    const call = new UndiciCall(sink)
    const { method, target, headers, body, upgrade } = outgoing
    this.#pool.dispatch(
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

  close(): void {
    this.#pool.close().catch(ignoreClosed)
  }

  destroy(): void {
    this.#pool.destroy().catch(ignoreClosed)
  }
}

/** Header names and values in turn, as undici has them; its types say strings in places. */
type RawBytes = readonly (Buffer | string)[] | null

/** One dispatch. Speaks undici's raw handler interface, which hands header bytes over unparsed. */
class UndiciCall implements Call, Dispatcher.DispatchHandler {
  readonly #sink: AnswerSink
  #abort: ((error: Error) => void) | undefined = undefined
  #resume: (() => void) | undefined = undefined
  #isAborted = false

  constructor(sink: AnswerSink) {
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
    if (!this.#isAborted) this.#sink.end(decode(trailers))
  }

  onUpgrade(_status: number, raw: RawBytes, socket: Duplex): void {
    if (this.#isAborted) socket.destroy()
    else this.#sink.upgraded('Switching Protocols', decode(raw), socket)
  }

  onError(error: Error): void {
    if (!this.#isAborted) this.#sink.failed(classify(error))
  }
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
