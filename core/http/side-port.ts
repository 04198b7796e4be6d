import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { SidePort } from '../contracts/side-port.ts'
import type { Address } from './address.ts'
import { cannotListen } from './cannot-listen.ts'
import { ownSockets, type Sockets } from './sockets.ts'

/** A side port of a use, and which one it is. */
export interface ClaimedPort {
  /** The plugin's. */
  readonly name: string
  readonly place: string
  readonly port: SidePort
  /** Equal for what goes on through a reload. */
  readonly key: string
}

const LIMITS = {
  connectionsCheckingInterval: 1_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
}
const MOST_CONNECTIONS = 256
// Answers that are under way when everything else is over.
const LAST_ANSWERS_MS = 1_000

/** One side port that is open, whichever use answers on it. */
export class LiveSidePort {
  readonly #server: Server
  readonly #clock: Clock
  readonly #log: Logger
  #claimed: ClaimedPort
  #sockets: Sockets = ownSockets
  #answering = 0
  #isClosing = false
  #onIdle: () => void = () => {}

  constructor(claimed: ClaimedPort, clock: Clock, log: Logger) {
    this.#claimed = claimed
    this.#clock = clock
    this.#log = log
    this.#server = createServer(LIMITS, (request, response) => this.#handle(request, response))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  get key(): string {
    return this.#claimed.key
  }

  /** Who answers, and where; port 0 until it listens. */
  get address(): Address & { readonly plugin: string } {
    const { name, port } = this.#claimed
    const bound = this.#server.address() as AddressInfo | null
    return { plugin: name, host: port.host, port: bound?.port ?? 0 }
  }

  /** @throws GatewayError `CANNOT_LISTEN` */
  async listen(sockets: Sockets): Promise<void> {
    const { key, place, port } = this.#claimed
    this.#sockets = sockets
    this.#isClosing = false
    try {
      // A port of 0 is that plugin's own again after an upgrade.
      await sockets.open(this.#server, port.host, port.port, port.port === 0 ? key : undefined)
    } catch (cause: unknown) {
      throw cannotListen(port.host, port.port, cause as Error, place)
    }
    const { plugin, ...where } = this.address
    this.#log.info({ plugin, ...where }, 'a plugin listens')
  }

  /** From now on this one answers. */
  claim(claimed: ClaimedPort): void {
    this.#claimed = claimed
  }

  /** Takes no new connection; those that are there end with their next answer. */
  endAccepting(): void {
    this.#isClosing = true
    // The HTTP server's own closes what is idle.
    if (this.#server.listening) NetServer.prototype.close.call(this.#server)
    this.#server.closeIdleConnections()
  }

  /** The same, for good: nothing listens there any more. */
  drop(): void {
    this.endAccepting()
    this.#sockets.drop(this.#server)
  }

  /** Waits for answers that are under way, and ends it. */
  async close(): Promise<void> {
    this.endAccepting()
    if (this.#answering > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(LAST_ANSWERS_MS, resolve)
        this.#onIdle = () => {
          cancel()
          resolve()
        }
      })
    }
    // Not listening any more, it would go on looking for slow connections.
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.#answering++
    response.once('close', () => this.#answered())
    if (this.#isClosing) response.setHeader('connection', 'close')
    const { place, port } = this.#claimed
    try {
      port.handle(request, response)
    } catch (error: unknown) {
      this.#log.error({ err: error, use: place }, 'a plugin failed to answer on its port')
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { connection: 'close' }).end()
    }
  }

  #answered(): void {
    this.#answering--
    if (!this.#isClosing) return
    this.#server.closeIdleConnections()
    if (this.#answering === 0) this.#onIdle()
  }
}
