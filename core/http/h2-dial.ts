import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
} from 'node:tls'
import type { EndpointTarget } from '../contracts/transport.ts'

/** How to open a socket to one endpoint that speaks HTTP/2. */
export class Dialler {
  readonly #host: string
  readonly #port: number
  readonly #insecure: boolean
  /** The name to verify: the URL's host unless the config says another. */
  readonly #name: string
  /** Made once: reading certificates takes longer than a handshake. */
  readonly #context: SecureContext | undefined

  constructor({ url, tls }: EndpointTarget) {
    const { protocol, hostname, port } = new URL(url)
    const isSecure = protocol === 'https:'
    this.#host = hostname.replace(/^\[|\]$/g, '')
    this.#port = port === '' ? (isSecure ? 443 : 80) : Number(port)
    this.#name = tls.servername || this.#host
    this.#insecure = tls.insecure
    const { ca, cert, key } = tls
    const options = { ...(ca === '' ? {} : { ca }), ...(cert === '' ? {} : { cert, key }) }
    this.#context = isSecure ? createSecureContext(options) : undefined
  }

  /**
   * Connects, TLS included, and calls `connected` once bytes may be sent. What goes wrong before
   * is the socket's `error`.
   */
  dial(connected: () => void): Socket {
    const at = { host: this.#host, port: this.#port, noDelay: true }
    if (this.#context === undefined) return connectTcp(at, connected)
    const name = this.#name
    const socket = connectTls(
      {
        ...at,
        secureContext: this.#context,
        rejectUnauthorized: !this.#insecure,
        servername: isIP(name) === 0 ? name : '',
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
        ALPNProtocols: ['h2'],
      },
      () => {
        if (socket.alpnProtocol === 'h2') connected()
        else socket.destroy(new Error('the endpoint does not speak HTTP/2: it chose none by ALPN'))
      },
    )
    return socket
  }
}
