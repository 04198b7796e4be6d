import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { waitFor } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { type StartedGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { type Read, readRequests } from '../support/strict-reader.ts'
import type { Teardown } from '../support/teardown.ts'
import { HURRIED, type Lane, PATIENCE_MS } from './lane.ts'

// Ends the connection where the mutation leaves it fit for another request.
const LAST = 'GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'

/** What came over one connection to the endpoint: its bytes, and the requests node found in them. */
interface Heard {
  bytes: string
  requests: Read[]
}

/**
 * Sends mutated requests. Two readers look at what reaches the endpoint, node's parser and a strict
 * one of our own: they must find the same well-formed requests, or none.
 */
export class RequestLane implements Lane {
  readonly #started: StartedGateway
  readonly #heard: Map<Socket, Heard>

  private constructor(started: StartedGateway, heard: Map<Socket, Heard>) {
    this.#started = started
    this.#heard = heard
  }

  static async open(t: Teardown): Promise<RequestLane> {
    const heard = new Map<Socket, Heard>()
    const url = await startListening(t, heard)
    return new RequestLane(await startGatewayTo(t, [url], { listener: HURRIED }), heard)
  }

  async attempt(pieces: readonly string[]): Promise<string | undefined> {
    for (const [socket, heard] of this.#heard) {
      heard.bytes = ''
      heard.requests = []
      if (socket.destroyed) this.#heard.delete(socket)
    }
    const answer = await send(this.#started.port, [...pieces, LAST])
    if (answer === undefined) return 'the gateway neither answered nor closed'
    if (answer !== '' && !answer.startsWith('HTTP/1.1 '))
      return `answered ${JSON.stringify(answer)}`
    try {
      await whenIdle(this.#started.gateway)
    } catch (error: unknown) {
      return String(error)
    }
    // Its last bytes may still be on their way to the endpoint.
    await waitFor(() => this.#complaint() === undefined, '', 1_000).catch(() => undefined)
    return this.#complaint()
  }

  #complaint(): string | undefined {
    for (const [socket, { bytes, requests }] of this.#heard) {
      const { messages, rest, error } = readRequests(bytes)
      if (error !== undefined) return `the strict reader: ${error}, in ${JSON.stringify(bytes)}`
      if (rest !== '' && !socket.destroyed) return `half a request: ${JSON.stringify(rest)}`
      if (isDeepStrictEqual(messages, requests)) continue
      return `the strict reader found ${JSON.stringify(messages)}, node ${JSON.stringify(requests)}`
    }
    return undefined
  }
}

async function startListening(t: Teardown, heard: Map<Socket, Heard>): Promise<string> {
  const server = createServer({
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
    maxHeaderSize: 2 ** 20,
  })
  server.on('connection', (socket: Socket) => {
    const one: Heard = { bytes: '', requests: [] }
    heard.set(socket, one)
    socket.on('data', (chunk) => {
      one.bytes += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
  })
  const hear = (req: IncomingMessage): void => {
    const requests = heard.get(req.socket)?.requests
    let body = ''
    req.setEncoding('latin1').on('data', (text: string) => {
      body += text
    })
    req.on('error', () => undefined)
    req.on('end', () => {
      const line = `${req.method} ${req.url} HTTP/${req.httpVersion}`
      requests?.push({ line, headers: req.rawHeaders, body, trailers: req.rawTrailers })
    })
  }
  server.on('request', (req, res) => {
    hear(req)
    req.on('end', () => res.end('ok'))
  })
  return listening(t, server)
}

/** Sends the pieces one after another and gives what comes until the end; undefined for no end. */
export function send(port: number, pieces: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const late = setTimeout(() => over(undefined), PATIENCE_MS)
    const over = (answer: string | undefined): void => {
      clearTimeout(late)
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('end', () => over(received)).on('error', () => over(received))
    let next = 0
    const more = (): void => {
      const piece = pieces[next++]
      if (piece === undefined || socket.destroyed) return
      socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(more))
    }
    socket.on('connect', more)
  })
}
