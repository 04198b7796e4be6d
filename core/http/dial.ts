import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { checkServerIdentity, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { EndpointTarget } from '../contracts/transport.ts'
import { countSocket } from '../system/open-sockets.ts'

/** Opens connections to one endpoint. Over TLS its name is verified and sessions are resumed. */
export class Dialler {
  /** What the socket emits once requests can be sent. */
  readonly ready: 'connect' | 'secureConnect'
  readonly #target: EndpointTarget
  readonly #host: string
  readonly #port: number
  readonly #isHttp: boolean
  #session: Buffer | undefined = undefined

  constructor(target: EndpointTarget) {
    const { protocol, hostname, port } = new URL(target.url)
    this.#target = target
    this.#host = hostname.replace(/^\[|\]$/g, '')
    this.#port = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    this.#isHttp = protocol === 'http:' || protocol === 'https:'
    this.ready = protocol === 'https:' || protocol === 'tls:' ? 'secureConnect' : 'connect'
  }

  get isSecure(): boolean {
    return this.ready === 'secureConnect'
  }

  /**
   * Bytes of a plain connection are read into memory of the caller's own, those of TLS are not.
   * `preamble` goes out first of all, before TLS begins.
   */
  dial(onread?: OnReadOpts, preamble?: Buffer): Socket {
    const socket = this.isSecure
      ? this.#dialSecurely(preamble && this.#dialPlain(undefined, preamble))
      : this.#dialPlain(onread, preamble)
    countSocket(socket)
    return socket
  }

  #dialPlain(onread: OnReadOpts | undefined, preamble?: Buffer): Socket {
    const place = { host: this.#host, port: this.#port, noDelay: true }
    const socket = connect({ ...place, ...(onread && { onread }) })
    // Before anybody else hears of the connection.
    if (preamble !== undefined) socket.once('connect', () => socket.write(preamble))
    return socket
  }

  #dialSecurely(inner: Socket | undefined): TLSSocket {
    const { ca, cert, key, servername, insecure } = this.#target.tls
    // The name is fixed here: the Host header is the client's and must not choose it.
    const name = servername || this.#host
    const socket = tlsConnect({
      ...(inner === undefined ? { host: this.#host, port: this.#port } : { socket: inner }),
      servername: isIP(name) === 0 ? name : '',
      rejectUnauthorized: !insecure,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      ...(this.#isHttp && { ALPNProtocols: [this.#target.protocol === 'h2' ? 'h2' : 'http/1.1'] }),
      session: this.#session,
      ...(ca === '' ? {} : { ca }),
      ...(cert === '' ? {} : { cert, key }),
    })
    if (inner === undefined) socket.setNoDelay(true)
    else inner.on('error', (error) => socket.destroy(error))
    socket.on('session', (session) => {
      this.#session = session
    })
    return socket
  }
}
