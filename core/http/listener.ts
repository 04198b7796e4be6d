import { createServer, type Server, type ServerOptions } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { ResolvedListener } from '../config/resolved.ts'
import { ProxiedServer } from '../stream/proxied.ts'
import { countSocket } from '../system/open-sockets.ts'
import type { Address } from './address.ts'
import { cannotListen } from './cannot-listen.ts'
import { ClientLimits } from './client-limits.ts'
import type { Door } from './door.ts'
import { isUpgrade } from './gate.ts'
import { Intake, type Serve } from './intake.ts'
import { ownSockets, type Sockets } from './sockets.ts'
import { isSameTrust } from './terms.ts'
import { type Surroundings, TlsFront } from './tls-front.ts'

// Node looks for connections that are too slow this often.
const CHECK_INTERVAL_MS = 500

/** One HTTP port: opened, counted, closed. What comes in on it goes to its intake. */
export class Listener implements Door {
  readonly #limits: ClientLimits
  readonly intake: Intake
  readonly #server: Server
  readonly #front: TlsFront | undefined
  readonly #proxied: ProxiedServer
  readonly #upgraded = new Set<Socket>()
  #config: ResolvedListener
  #sockets: Sockets = ownSockets
  #connections = 0

  constructor(config: ResolvedListener, serve: Serve, around: Surroundings) {
    this.#config = config
    const intake = new Intake(config, serve)
    this.intake = intake
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
      shouldUpgradeCallback: (req) => isUpgrade(req) && intake.isIdle(req.socket),
    }
    const { tls } = config
    this.#front =
      tls &&
      new TlsFront(config, tls, options, around, {
        stream: (req, res, received) => intake.acceptStream(req, res, received),
        renewed: () => this.#renewTerms(),
      })
    this.#server = this.#front?.server ?? createServer(options)
    this.#proxied = new ProxiedServer(this.#server, config, around)
    this.#limits = new ClientLimits(this.#server, config, around, () => this.closeIdle())
    this.#server.on('connection', (socket) => this.#count(socket))
    this.#server.on('request', (req, res) => intake.accept(req, res))
    this.#server.on('checkContinue', (req, res) => intake.accept(req, res))
    this.#server.on('checkExpectation', (req, res) => intake.accept(req, res))
    this.#server.on('upgrade', (req, socket, early) => {
      this.#keep(socket as Socket)
      intake.acceptUpgrade(req, socket as Socket, early)
    })
    this.#server.on('connect', (req, socket) => intake.refuseTunnel(req, socket as Socket))
    this.#server.on('clientError', (error, socket) => intake.refuseUnread(error, socket as Socket))
  }

  /** Starts accepting on a socket of `sockets`. @throws GatewayError `CANNOT_LISTEN` */
  async listen(sockets: Sockets): Promise<Address> {
    const { host, port } = this.#config
    this.#sockets = sockets
    try {
      await sockets.open(this.#server, host, port)
    } catch (cause: unknown) {
      throw cannotListen(host, port, cause as Error)
    }
    return { host, port: this.#port() }
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
    this.intake.configure(config)
    this.#front?.configure(config)
    this.#proxied.configure(config)
    if (!isSame) this.#renewTerms()
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize } = config
    const times = { headersTimeout, requestTimeout, keepAliveTimeout }
    Object.assign(this.#server, times, { maxHeaderSize })
    this.#limits.configure(config)
  }

  /** Turns new connections away, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#limits.refuse(isRefusing)
  }

  /** Stops accepting; connections stay, those without a request too. HTTP/2 says goodbye. */
  endAccepting(): void {
    // The HTTP server's own closes what is idle.
    if (this.#server.listening) NetServer.prototype.close.call(this.#server)
    this.#front?.stop()
  }

  /** Asks the clients of HTTP/2 that are there now to connect anew, one by one. */
  disperse(overMs: number): void {
    this.#front?.disperse(overMs)
  }

  /** Stops accepting and closes what is idle; what is in flight goes on. */
  stop(): void {
    this.#server.close()
    this.#front?.stop()
  }

  /** The same as `stop`, for an address that the config does not have any more. */
  drop(): void {
    this.intake.end()
    this.stop()
    this.#sockets.drop(this.#server)
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

  /** Connections that began under other terms end, idle ones now. */
  #renewTerms(): void {
    this.intake.renewTerms(this.#config)
    this.#server.closeIdleConnections()
    this.#front?.retire()
  }

  #count(socket: Socket): void {
    countSocket(socket)
    this.#connections++
    socket.once('close', () => this.#connections--)
  }

  // Node does not count it any more.
  #keep(socket: Socket): void {
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
  }

  #port(): number {
    return (this.#server.address() as AddressInfo).port
  }
}
