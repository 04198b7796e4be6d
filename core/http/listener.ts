import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ResolvedListener } from '../config/resolved.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { ERRORS, type ErrorCode, GatewayError, problem } from '../errors.ts'
import { Connection, Trust } from './connection.ts'
import { ConnectionLimit } from './connection-limit.ts'
import { mayLoseBytes } from './declined-upgrade.ts'
import { asksToUpgrade, judge, type RequestHead } from './gate.ts'
import { SlowClients } from './slow-clients.ts'
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
// So many pipelined requests may wait on a connection before it is not read any more.
const MOST_WAITING = 16

/** One HTTP port. Refuses what is malformed before anything else sees it. */
export class Listener {
  readonly config: ResolvedListener
  readonly #serve: Serve
  #trust: Trust
  readonly #server: Server
  readonly #upgraded = new Set<Socket>()
  readonly #slow: SlowClients
  readonly #limit: ConnectionLimit
  #connections = 0

  constructor(config: ResolvedListener, serve: Serve, clock: Clock, log: Logger) {
    this.config = config
    this.#serve = serve
    this.#trust = new Trust(config.trust)
    this.#server = createServer({
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
      shouldUpgradeCallback: (req) =>
        isUpgrade(req) && Connection.of(req.socket, this.#trust).inflight === 0,
    })
    this.#slow = new SlowClients(config.minRate, clock, log)
    this.#limit = new ConnectionLimit(this.#server, `${config.host}:${config.port}`, clock, log)
    this.#limit.configure(config.maxConnections)
    this.#server.on('connection', (socket) => this.#count(socket))
    this.#server.on('request', (req, res) => this.accept(req, res))
    this.#server.on('checkContinue', (req, res) => this.accept(req, res))
    this.#server.on('checkExpectation', (req, res) => this.accept(req, res))
    this.#server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head))
    this.#server.on('connect', (_req, duplex) => {
      const socket = duplex as Socket
      socket.on('error', () => socket.destroy())
      this.#refuse(socket, Connection.of(socket, this.#trust), 'NOT_IMPLEMENTED')
    })
    this.#server.on('clientError', (error, socket) => this.#clientError(error, socket as Socket))
  }

  /** Starts accepting. @throws GatewayError `CANNOT_LISTEN` */
  listen(): Promise<Address> {
    const { host, port } = this.config
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const message = `cannot listen on ${host}:${port}: ${reason(cause)}`
        reject(new GatewayError('CANNOT_LISTEN', message, { cause }))
      })
      this.#server.listen(port, host, BACKLOG, () => resolve({ host, port: this.#port() }))
    })
  }

  /** Judges a request and serves or refuses it, once those before it have their answers. */
  accept(req: IncomingMessage, res: ServerResponse, early?: Buffer): void {
    const connection = Connection.of(req.socket, this.#trust)
    // What is pipelined behind a refused request may be part of it: nobody can tell.
    if (connection.isRefused) return
    if (connection.inflight === 0) {
      this.#judge(req, res, connection, early)
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
    const head = judge(req)
    const isDeclined = typeof head !== 'string' && head.upgrade !== '' && early === undefined
    if (typeof head === 'string' || (isDeclined && mayLoseBytes(req, head.hasBody))) {
      connection.isRefused = true
      connection.waiting.length = 0
      connection.whenIdle = undefined
      res.shouldKeepAlive = false
    }
    this.#serve(req, res, connection, head, early)
  }

  /** Open client connections. */
  get connections(): number {
    return this.#connections
  }

  /** Takes what can change while listening: timeouts, and trust for connections to come. */
  configure(config: ResolvedListener): void {
    this.#trust = new Trust(config.trust)
    this.#server.headersTimeout = config.headersTimeout
    this.#server.requestTimeout = config.requestTimeout
    this.#server.keepAliveTimeout = config.keepAliveTimeout
    this.#slow.configure(config.minRate)
    this.#limit.configure(config.maxConnections)
  }

  /** Stops accepting and closes what is idle; what is in flight goes on. */
  stop(): void {
    if (this.#server.listening) this.#server.close()
  }

  /** Turns new connections away, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#limit.close(isRefusing)
  }

  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  closeAll(): void {
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
  }

  #upgrade(req: IncomingMessage, duplex: Duplex, early: Buffer): void {
    const socket = duplex as Socket
    socket.on('error', () => socket.destroy())
    const res = new ServerResponse(req)
    res.assignSocket(socket)
    res.shouldKeepAlive = false
    res.on('finish', () => socket.destroySoon())
    // Node does not count it any more.
    this.#upgraded.add(socket)
    socket.on('close', () => {
      this.#upgraded.delete(socket)
      res.emit('close')
    })
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
    const connection = Connection.of(socket, this.#trust)
    const isWithinRequest = connection.latest?.isComplete === false
    if (!isWithinRequest) this.#refuse(socket, connection, codeOf(error))
    else if (connection.inflight > 0) connection.latest?.breakOff(codeOf(error))
    // Its answer went out before its body was read: there is nothing left to say.
    else socket.destroy()
  }

  /** Refuses what is no request, behind the answers of those before it. */
  #refuse(socket: Socket, connection: Connection, code: ErrorCode): void {
    if (connection.isRefused) return
    connection.isRefused = true
    if (connection.inflight === 0) answerRaw(socket, code)
    else connection.whenIdle = () => answerRaw(socket, code)
  }

  #count(socket: Socket): void {
    this.#connections++
    this.#slow.add(socket)
    socket.once('close', () => {
      this.#connections--
      this.#slow.delete(socket)
    })
  }

  #port(): number {
    return (this.#server.address() as AddressInfo).port
  }
}

/** Which requests with Upgrade are upgrades; the others are ordinary ones (RFC 9110, 7.8). */
function isUpgrade(req: IncomingMessage): boolean {
  const { upgrade, connection, ...rest } = req.headers
  if (upgrade === undefined || !asksToUpgrade(connection ?? '')) return false
  const hasBody = 'content-length' in rest || 'transfer-encoding' in rest
  return !hasBody && !/^h2c\b/i.test(upgrade)
}

function codeOf(error: { code?: string }): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT'
  return 'MALFORMED_REQUEST'
}

function answerRaw(socket: Socket, code: ErrorCode): void {
  const { status, title } = ERRORS[code]
  const body = problem(code, '')
  socket.write(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Does not wait for the client to close its side, as it would after `end`.
  socket.destroySoon()
}

function reason(error: Error & { code?: string }): string {
  if (error.code === 'EADDRINUSE') return 'the address is in use'
  if (error.code === 'EACCES') return 'permission denied'
  if (error.code === 'EADDRNOTAVAIL') return 'no such address on this machine'
  return error.message
}
