import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { ResolvedListener, ResolvedTls } from '../config/resolved.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { CertificateWatch } from './certificate-watch.ts'
import { type Certificates, certificatesOf, contextFor } from './certificates.ts'
import type { ServeStream } from './client-session.ts'
import { ClientSessions } from './client-sessions.ts'

/** What a listener needs of the gateway. */
export interface Surroundings {
  readonly clock: Clock
  readonly log: Logger
}

/** What hears of it. */
export interface TlsOwner {
  readonly stream: ServeStream
  /** Files that say who may come in hold something else. */
  renewed(): void
}

/**
 * The TLS side of a listener: a server for HTTP/1.1, from which sockets that chose HTTP/2 are
 * taken. Certificates, names and what is asked of clients can be replaced while it serves.
 */
export class TlsFront {
  readonly server: Server
  readonly #watch: CertificateWatch
  readonly #sessions: ClientSessions
  #tls: ResolvedTls
  #certificates: Certificates

  constructor(
    config: ResolvedListener,
    tls: ResolvedTls,
    options: ServerOptions,
    { clock, log }: Surroundings,
    { stream, renewed }: TlsOwner,
  ) {
    this.#tls = tls
    this.#sessions = new ClientSessions(config, clock, stream)
    this.#certificates = certificatesOf(tls)
    const server = createServer({
      ...options,
      ...this.#certificates.fallback,
      // Node waits for two minutes.
      handshakeTimeout: options.headersTimeout,
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
      ALPNCallback: ({ protocols }) => this.#protocolOf(protocols),
    })
    const [serveHttp1] = server.listeners('secureConnection')
    server.removeAllListeners('secureConnection')
    server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') this.#sessions.take(socket)
      else serveHttp1?.call(server, socket)
    })
    // Node would have it answered in plain text, as a request that does not parse.
    server.removeAllListeners('tlsClientError')
    server.on('tlsClientError', (error, socket: Socket) => {
      log.debug({ err: error, client: socket.remoteAddress }, 'a TLS handshake failed')
      socket.destroy()
    })
    this.server = server
    this.#askForCertificates()
    this.#watch = new CertificateWatch(tls, clock, log, (certificates, read) => {
      const isSameCa = read.clientCa?.text === this.#tls.clientCa?.text
      this.#take(certificates, read)
      if (!isSameCa) renewed()
    })
  }

  /** Puts another config into force for handshakes to come. */
  configure(config: ResolvedListener): void {
    this.#sessions.configure(config)
    if (config.tls === undefined) return
    this.#take(certificatesOf(config.tls), config.tls)
    this.#watch.follow(config.tls)
  }

  /** The server is closed already; streams that are open finish. */
  stop(): void {
    this.#watch.close()
    this.#sessions.drain()
  }

  /** Streams that are open finish; clients connect anew for others. */
  retire(): void {
    this.#sessions.retire()
  }

  /** The same of one client after another. */
  disperse(overMs: number): void {
    this.#sessions.disperse(overMs)
  }

  closeIdle(): void {
    this.#sessions.closeIdle()
  }

  closeAll(): void {
    this.#sessions.closeAll()
  }

  #take(certificates: Certificates, tls: ResolvedTls): void {
    this.#tls = tls
    this.#certificates = certificates
    this.server.setSecureContext(certificates.fallback)
    this.#askForCertificates()
  }

  // Node reads both at each connection, and takes them at construction only.
  #askForCertificates(): void {
    const { clientCa, clientAuth } = this.#tls
    Object.assign(this.server, {
      requestCert: clientCa !== undefined,
      rejectUnauthorized: clientCa !== undefined && clientAuth === 'require',
    })
  }

  // Whatever is thrown here would end the process (CVE-2026-21637).
  #contextFor(name: string): SecureContext | undefined {
    try {
      return contextFor(this.#certificates, name)
    } catch {
      return undefined
    }
  }

  // In the server's order; a client that knows neither is told so by an alert.
  #protocolOf(offered: readonly string[]): string | undefined {
    if (this.#tls.http2 && offered.includes('h2')) return 'h2'
    return offered.includes('http/1.1') ? 'http/1.1' : undefined
  }
}
