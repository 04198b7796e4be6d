import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ResolvedListener } from '../config/resolved.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { ErrorCode } from '../errors.ts'
import { cannotListen } from './cannot-listen.ts'
import { ClientLimits } from './client-limits.ts'
import { Connection, Trust } from './connection.ts'
import { mayLoseBytes } from './declined-upgrade.ts'
import { isUpgrade, judge, type RequestHead } from './gate.ts'
import type { IdentityHeaders } from './identity-headers.ts'
import { codeOf, responseOn, unread } from './raw-refusal.ts'
import { judgeStream } from './stream-gate.ts'
import type { StreamRequest } from './stream-request.ts'
import type { StreamResponse } from './stream-response.ts'
import { isSameTrust, ListenerTerms } from './terms.ts'
import { type Surroundings, TlsFront } from './tls-front.ts'
import { lookOut } from './tunnel.ts'

/** Where a listener can be reached. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Takes a request with its head, or why that is refused. `early` is there for upgrades only. */
export type Serve = (
  req: IncomingMessage,
  res: ServerResponse,
  connection: Connection,
  head: RequestHead | ErrorCode,
  early?: Buffer,
) => void

// Node looks for connections that are too slow this often.
const CHECK_INTERVAL_MS = 500
// Connections the kernel holds until they are accepted, cut to its own limit (somaxconn). Node's
// 511 turns away clients that all come at once.
const BACKLOG = 4_096
// The loop hands out at most 1,024 events at a time. With so few clients, and a connection to an
// endpoint for each, all that are ready come at once, and what comes later was not there before.
const MOST_CERTAIN = 500
// So many pipelined requests may wait on a connection before it is not read any more.
const MOST_WAITING = 16

/** One HTTP port. Refuses what is malformed before anything else sees it. */
export class Listener {
  readonly limits: ClientLimits
  readonly #serve: Serve
  #config: ResolvedListener
  #trust: Trust
  #terms: ListenerTerms
  #forged: IdentityHeaders | undefined = undefined
  readonly #server: Server
  readonly #front: TlsFront | undefined
  readonly #upgraded = new Set<Socket>()
  #connections = 0

  constructor(config: ResolvedListener, serve: Serve, around: Surroundings) {
    this.#config = config
    this.#serve = serve
    this.#trust = new Trust(config.trust)
    this.#terms = new ListenerTerms(config)
    const options: ServerOptions = {
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      headersTimeout: config.headersTimeout,
      requestTimeout: config.requestTimeout,
      keepAliveTimeout: config.keepAliveTimeout,
      maxHeaderSize: config.maxHeaderSize,
      requireHostHeader: false,
      // A request without a body costs no stream events then; older nodes ignore it.
      optimizeEmptyRequests: true,
      noDelay: true,
      // Behind requests without an answer yet an upgrade is declined: it goes on as a request.
      shouldUpgradeCallback: (req) => isUpgrade(req) && this.#connection(req.socket).inflight === 0,
    }
    const { tls } = config
    this.#front =
      tls &&
      new TlsFront(config, tls, options, around, {
        stream: (req, res, received) => this.#acceptStream(req, res, received),
        renewed: () => this.#renewTerms(),
      })
    this.#server = this.#front?.server ?? createServer(options)
    this.limits = new ClientLimits(this.#server, config, around, () => this.closeIdle())
    this.#server.on('connection', (socket) => {
      this.#connections++
      socket.once('close', () => this.#connections--)
    })
    this.#server.on('request', (req, res) => this.accept(req, res))
    this.#server.on('checkContinue', (req, res) => this.accept(req, res))
    this.#server.on('checkExpectation', (req, res) => this.accept(req, res))
    this.#server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head))
    this.#server.on('connect', (req, duplex) => {
      const socket = duplex as Socket
      socket.on('error', () => socket.destroy())
      this.#refuse(socket, this.#connection(socket), 'NOT_IMPLEMENTED', req)
    })
    this.#server.on('clientError', (error, socket) => this.#clientError(error, socket as Socket))
  }

  /** Starts accepting. @throws GatewayError `CANNOT_LISTEN` */
  listen(): Promise<Address> {
    const { host, port } = this.#config
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => reject(cannotListen(host, port, cause)))
      this.#server.listen(port, host, BACKLOG, () =>
        resolve({ host, port: (this.#server.address() as AddressInfo).port }),
      )
    })
  }

  /** Judges a request and serves or refuses it, once those before it have their answers. */
  accept(req: IncomingMessage, res: ServerResponse, early?: Buffer): void {
    const connection = this.#connection(req.socket)
    // What is pipelined behind a refused request may be part of it: nobody can tell.
    if (connection.isRefused) return
    if (connection.inflight === 0) {
      connection.isPrompt = connection.isReal && this.#connections < MOST_CERTAIN
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

  #judge(req: IncomingMessage, res: ServerResponse, connection: Connection, early?: Buffer): void {
    this.#forged?.strike(req)
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

  get config(): ResolvedListener {
    return this.#config
  }

  /** Open client connections. */
  get connections(): number {
    return this.#connections
  }

  /** Takes what can change while listening: all but the address, and TLS or none. */
  configure(config: ResolvedListener): void {
    const isSame = isSameTrust(this.#config, config)
    this.#config = config
    this.#front?.configure(config)
    if (!isSame) this.#renewTerms()
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize } = config
    const times = { headersTimeout, requestTimeout, keepAliveTimeout }
    Object.assign(this.#server, times, { maxHeaderSize })
    this.limits.configure(config)
  }

  /** Stops accepting and closes what is idle; what is in flight goes on. */
  stop(): void {
    if (this.#server.listening) this.#server.close()
    this.#front?.stop()
  }

  closeIdle(): void {
    this.#server.closeIdleConnections()
    this.#front?.closeIdle()
  }

  closeAll(): void {
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
    this.#front?.closeAll()
  }

  /** Headers that no client may send, whichever listener sets them. */
  strike(forged: IdentityHeaders | undefined): void {
    this.#forged = forged
  }

  /** Connections that began under other terms end, idle ones now. */
  #renewTerms(): void {
    this.#trust = new Trust(this.#config.trust)
    this.#terms = this.#terms.renewed(this.#config)
    this.#server.closeIdleConnections()
    this.#front?.retire()
  }

  #connection(socket: Socket): Connection {
    return Connection.of(socket, this.#trust, this.#terms.http1)
  }

  #acceptStream(req: StreamRequest, res: StreamResponse, received: RawHeaders): void {
    const connection = Connection.of(req.socket, this.#trust, this.#terms.http2)
    const head = judgeStream(req, received, this.#config.maxHeaderSize)
    const faces = [req, res] as unknown as [IncomingMessage, ServerResponse]
    this.#forged?.strike(faces[0])
    this.#serve(...faces, connection, head)
  }

  #upgrade(req: IncomingMessage, duplex: Duplex, early: Buffer): void {
    const socket = duplex as Socket
    socket.on('error', () => socket.destroy())
    const res = responseOn(socket, req)
    // Node does not count it any more.
    this.#upgraded.add(socket)
    socket.on('close', () => this.#upgraded.delete(socket))
    lookOut(socket)
    this.accept(req, res, early)
  }

  /** The parser gave up: good requests before the bad one still get their answers first. */
  #clientError(error: Error & { code?: string }, socket: Socket): void {
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

  /** Refuses what is no request, behind the answers of those before it. */
  #refuse(socket: Socket, connection: Connection, code: ErrorCode, req = unread(socket)): void {
    if (connection.isRefused) return
    connection.isRefused = true
    const answer = (): void => this.#serve(req, responseOn(socket, req), connection, code)
    if (connection.inflight === 0) answer()
    else connection.whenIdle = answer
  }
}
