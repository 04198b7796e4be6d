import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Teardown } from './teardown.ts'

/** An HTTP/2 endpoint whose streams are played by hand. */
export interface H2Endpoint {
  readonly url: string
  readonly port: number
  /** Connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>
  /** Streams that are open. */
  readonly streams: ReadonlySet<ServerHttp2Stream>
  /** Connections accepted so far. */
  readonly accepted: number
  /** The head of each request that came so far. */
  readonly requests: IncomingHttpHeaders[]
  close(): void
}

/** Plays the endpoint on one stream; `number` counts streams from 0. */
export type ServeStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  number: number,
) => void

export async function startH2Endpoint(
  t: Teardown,
  serve: ServeStream,
  options: SecureServerOptions = {},
): Promise<H2Endpoint> {
  const sessions = new Set<ServerHttp2Session>()
  const streams = new Set<ServerHttp2Stream>()
  const requests: IncomingHttpHeaders[] = []
  let accepted = 0
  const isSecure = options.cert !== undefined
  const server: Http2Server = isSecure ? createSecureServer(options) : createServer(options)
  server.on('session', (session) => {
    accepted++
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    streams.add(stream)
    stream.on('error', () => undefined)
    stream.on('close', () => streams.delete(stream))
    serve(stream, headers, requests.push(headers) - 1)
  })
  server.on('error', () => undefined).on('sessionError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return {
    url: `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    sessions,
    streams,
    requests,
    get accepted() {
      return accepted
    },
    close: () => server.close(),
  }
}

/** Answers a stream with a status and a text. */
export function answer(stream: ServerHttp2Stream, text: string, headers = {}): void {
  stream.respond({ ':status': 200, ...headers })
  stream.end(text)
}
