import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2'
import { CA } from './certificates.ts'
import { within } from './deadline.ts'
import type { Teardown } from './teardown.ts'

/** One answer over HTTP/2, as far as it came. */
export interface StreamAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Whether the head said that nothing follows it. */
  readonly isHeadOnly: boolean
  readonly body: Buffer
  readonly trailers: IncomingHttpHeaders
  /** The code that the stream was closed with; 0 for none. */
  readonly code: number
}

const END_STREAM = 1

/** Connects to a gateway that shows a certificate of the tests' CA. */
export async function connectHttp2(
  t: Teardown,
  port: number,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const servername = options.servername ?? 'a.test'
  const session = connect(`https://127.0.0.1:${port}`, { ca: CA, servername, ...options })
  session.on('error', () => undefined)
  t.after(() => session.destroy())
  await within(once(session, 'connect'), 'an HTTP/2 connection')
  return session
}

/** Sends one request and gives its answer once the stream is closed. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<StreamAnswer> {
  const stream = session.request(
    { ':authority': 'a.test', ...headers },
    { endStream: body === undefined },
  )
  if (body !== undefined) stream.end(body)
  return answerOf(stream)
}

/** The answer on a stream, once that is closed. */
export async function answerOf(stream: ClientHttp2Stream): Promise<StreamAnswer> {
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let isHeadOnly = false
  const chunks: Buffer[] = []
  stream.on('response', (head, flags) => {
    headers = head
    isHeadOnly = (flags & END_STREAM) !== 0
  })
  stream.on('trailers', (tail) => {
    trailers = tail
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => undefined)
  await within(new Promise((resolve) => stream.once('close', resolve)), 'the end of a stream')
  const status = Number(headers[':status'] ?? 0)
  const code = stream.rstCode ?? 0
  return { status, headers, isHeadOnly, body: Buffer.concat(chunks), trailers, code }
}
