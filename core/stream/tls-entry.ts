import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { ResolvedTcp, ResolvedTls } from '../config/resolved.ts'
import { CertificateWatch } from '../http/certificate-watch.ts'
import { type Certificates, certificatesOf, contextFor } from '../http/certificates.ts'
import type { Host } from '../http/gateway-host.ts'
import { parentOf } from './proxied-source.ts'

type Done = (socket: TLSSocket) => void

/**
 * Ends TLS for the connections of a listener. Certificates can be replaced while it does: those of
 * files are read again when they change.
 */
export class TlsEntry {
  readonly #server: Server
  readonly #watch: CertificateWatch
  readonly #waiting = new WeakMap<Socket, Done>()
  #tls: ResolvedTls
  #certificates: Certificates

  constructor(tls: ResolvedTls, config: ResolvedTcp, { clock, log }: Host) {
    this.#tls = tls
    this.#certificates = certificatesOf(tls)
    const offered = [...new Set(config.routes.flatMap(({ alpn }) => alpn))]
    this.#server = createServer({
      ...this.#certificates.fallback,
      allowHalfOpen: true,
      pauseOnConnect: true,
      // The deadline of the whole opening comes first.
      handshakeTimeout: 0,
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
      ...(offered.length > 0 && { ALPNProtocols: offered }),
    })
    this.#server.on('secureConnection', (socket) => {
      const raw = parentOf(socket)
      const done = raw && this.#waiting.get(raw)
      if (done === undefined) socket.destroy()
      else done(socket)
    })
    this.#server.on('tlsClientError', (error, socket) => {
      log.debug({ err: error, client: socket.remoteAddress }, 'a TLS handshake failed')
      socket.destroy()
      parentOf(socket)?.destroy()
    })
    this.#askForCertificates()
    this.#watch = new CertificateWatch(tls, clock, log, (certificates, read) =>
      this.#take(certificates, read),
    )
  }

  /** Shakes hands on a connection; what was read of it by then has to stand in its stream again. */
  begin(socket: Socket, done: Done): void {
    this.#waiting.set(socket, done)
    // What goes wrong below TLS is an error of TLS as well.
    socket.on('error', () => {})
    this.#server.emit('connection', socket)
  }

  close(): void {
    this.#watch.close()
  }

  #take(certificates: Certificates, tls: ResolvedTls): void {
    this.#tls = tls
    this.#certificates = certificates
    this.#server.setSecureContext(certificates.fallback)
    this.#askForCertificates()
  }

  // Node reads both at each connection, and takes them at construction only.
  #askForCertificates(): void {
    const { clientCa, clientAuth } = this.#tls
    Object.assign(this.#server, {
      requestCert: clientCa !== undefined,
      rejectUnauthorized: clientCa !== undefined && clientAuth === 'require',
    })
  }

  // Whatever is thrown here would end the process (CVE-2026-21637).
  #contextFor(name: string) {
    try {
      return contextFor(this.#certificates, name)
    } catch {
      return undefined
    }
  }
}
