import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Message, MessageReader } from './message-reader.ts'
import type { Teardown } from './teardown.ts'

// The reader's own deadline is for one request; an endpoint waits as long as its test runs.
const PATIENCE_MS = 60_000

/** An endpoint whose side of each connection is written by hand. */
export interface Endpoint {
  readonly url: string
  readonly port: number
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** Connections accepted so far. */
  readonly accepted: number
  /** Stops listening: later connections are refused. */
  close(): void
}

/** An endpoint that answers each request in full. */
export interface AnsweringEndpoint extends Endpoint {
  /** Whole requests that came so far. */
  readonly requests: Message[]
  /** Requests whose connection ended before they did. */
  readonly broken: Message[]
}

/** What differs from plain TCP whose end is answered by an end. */
export interface Sockets {
  readonly tls?: TlsOptions | undefined
  readonly allowHalfOpen?: boolean
}

/** Plays the endpoint on one connection; `number` counts connections from 0. */
export type Serve = (socket: Socket, requests: MessageReader, number: number) => unknown

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Starts an endpoint that does whatever `serve` does. */
export async function startRawEndpoint(
  t: Teardown,
  serve: Serve,
  { tls, allowHalfOpen = false }: Sockets = {},
): Promise<Endpoint> {
  const sockets = new Set<Socket>()
  let accepted = 0
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, new MessageReader(socket), accepted++)
  }
  const server: Server =
    tls === undefined
      ? createServer({ allowHalfOpen }, onConnection)
      : createTlsServer(tls, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = (): void => {
    server.close()
  }
  t.after(() => {
    close()
    for (const socket of sockets) socket.destroy()
  })
  const scheme = tls === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    sockets,
    get accepted() {
      return accepted
    },
    close,
  }
}

/** Starts an endpoint that records each request and answers with the bytes that `answer` gives. */
export async function startEndpoint(
  t: Teardown,
  answer: (request: Message) => string | Buffer = () => OK,
  tls?: TlsOptions,
): Promise<AnsweringEndpoint> {
  const requests: Message[] = []
  const broken: Message[] = []
  const endpoint = await startRawEndpoint(
    t,
    async (socket, reader) => {
      let request = await reader.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      while (request !== undefined) {
        ;(request.isWhole ? requests : broken).push(request)
        if (!request.isWhole) break
        const bytes = answer(request)
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
        request = await reader.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      }
      socket.end()
    },
    { tls },
  )
  return Object.assign(endpoint, { requests, broken })
}

/** A fresh answer's text with a body. */
export function answerText(body: string, headers = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`
}
