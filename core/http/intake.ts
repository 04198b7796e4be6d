import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ResolvedListener } from '../config/resolved.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { ErrorCode } from '../errors.ts'
import { openSockets } from '../system/open-sockets.ts'
import { Connection, Trust } from './connection.ts'
import { mayLoseBytes } from './declined-upgrade.ts'
import { judge, type RequestHead } from './gate.ts'
import { codeOf, responseOn, unread } from './raw-refusal.ts'
import { judgeStream } from './stream-gate.ts'
import type { StreamRequest } from './stream-request.ts'
import type { StreamResponse } from './stream-response.ts'
import { ListenerTerms } from './terms.ts'
import { lookOut } from './tunnel.ts'

/** Takes a request with its head, or why that is refused. `early` is there for upgrades only. */
export type Serve = (
  req: IncomingMessage,
  res: ServerResponse,
  connection: Connection,
  head: RequestHead | ErrorCode,
  early?: Buffer,
) => void

// The loop hands out at most 1,024 events at a time. With so few sockets, and room for those of
// plugins, all that are ready come at once, and what comes later was not there before.
const MOST_CERTAIN = 900
// So many pipelined requests may wait on a connection before it is not read any more.
const MOST_WAITING = 16

/**
 * Takes what came in on one port: judges each request before anything else sees it, and hands on
 * one of a connection at a time, so that answers go out in order.
 */
export class Intake {
  readonly #serve: Serve
  #maxHeaderSize: number
  #trust: Trust
  #terms: ListenerTerms

  constructor(config: ResolvedListener, serve: Serve) {
    this.#serve = serve
    this.#maxHeaderSize = config.maxHeaderSize
    this.#trust = new Trust(config.trust)
    this.#terms = new ListenerTerms(config)
  }

  configure({ maxHeaderSize }: ResolvedListener): void {
    this.#maxHeaderSize = maxHeaderSize
  }

  /** Puts others in force: connections that began under the old ones end with the answer under way. */
  renewTerms(config: ResolvedListener): void {
    this.#trust = new Trust(config.trust)
    this.#terms = this.#terms.renewed(config)
  }

  /** Nothing is accepted any more: connections end with the answer under way, or the next one. */
  end(): void {
    this.#terms.http1.isOver = true
  }

  /** Judges a request and serves or refuses it, once those before it have their answers. */
  accept(req: IncomingMessage, res: ServerResponse, early?: Buffer): void {
    const connection = this.#connection(req.socket)
    // What is pipelined behind a refused request may be part of it: nobody can tell.
    if (connection.isRefused) return
    if (connection.inflight === 0) {
      connection.isPrompt = connection.isReal && openSockets() < MOST_CERTAIN
      this.#judge(req, res, connection, early)
      connection.isPrompt = false
      return
    }
    // One at a time: a thousand requests in one packet must not become a thousand connections.
    connection.waiting.push(() => {
      if (req.socket.destroyed) return
      req.socket.resume()
      this.#judge(req, res, connection, early)
    })
    if (connection.waiting.length >= MOST_WAITING) req.socket.pause()
  }

  /** The same for a stream of HTTP/2, which waits for no other. */
  acceptStream(req: StreamRequest, res: StreamResponse, received: RawHeaders): void {
    const connection = Connection.of(req.socket, this.#trust, this.#terms.http2)
    const head = judgeStream(req, received, this.#maxHeaderSize)
    const faces = [req, res] as unknown as [IncomingMessage, ServerResponse]
    this.#serve(...faces, connection, head)
  }

  /** The same for a request to upgrade, whose socket node has let go of. */
  acceptUpgrade(req: IncomingMessage, socket: Socket, early: Buffer): void {
    socket.on('error', () => socket.destroy())
    const res = responseOn(socket, req)
    lookOut(socket)
    this.accept(req, res, early)
  }

  /** CONNECT: the gateway is no such proxy. */
  refuseTunnel(req: IncomingMessage, socket: Socket): void {
    socket.on('error', () => socket.destroy())
    this.#refuse(socket, this.#connection(socket), 'NOT_IMPLEMENTED', req)
  }

  /** The parser gave up: good requests before the bad one still get their answers first. */
  refuseUnread(error: Error & { code?: string }, socket: Socket): void {
    // A client that ends its side within a request is gone, as one that resets is.
    if (!socket.writable || error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE') {
      socket.destroy()
      return
    }
    const connection = this.#connection(socket)
    const isWithinRequest = connection.latest?.isComplete === false
    if (!isWithinRequest) this.#refuse(socket, connection, codeOf(error))
    else if (connection.inflight > 0) connection.latest?.breakOff(codeOf(error))
    // Its answer went out before its body was read: there is nothing left to say.
    else socket.destroy()
  }

  /** Whether nothing is in flight on a connection. */
  isIdle(socket: Socket): boolean {
    return this.#connection(socket).inflight === 0
  }

  #judge(req: IncomingMessage, res: ServerResponse, connection: Connection, early?: Buffer): void {
    const head = judge(req)
    if (connection.isOver) res.shouldKeepAlive = false
    if (typeof head === 'string' || (early === undefined && mayLoseBytes(req, head))) {
      connection.isRefused = true
      connection.waiting.length = 0
      connection.whenIdle = undefined
      res.shouldKeepAlive = false
    }
    this.#serve(req, res, connection, head, early)
  }

  /** Refuses what is no request, behind the answers of those before it. */
  #refuse(socket: Socket, connection: Connection, code: ErrorCode, req = unread(socket)): void {
    if (connection.isRefused) return
    connection.isRefused = true
    const answer = (): void => this.#serve(req, responseOn(socket, req), connection, code)
    if (connection.inflight === 0) answer()
    else connection.whenIdle = answer
  }

  #connection(socket: Socket): Connection {
    return Connection.of(socket, this.#trust, this.#terms.http1)
  }
}
