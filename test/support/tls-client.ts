import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { CA } from './certificates.ts'
import { within } from './deadline.ts'
import { type Message, MessageReader } from './message-reader.ts'
import type { Teardown } from './teardown.ts'

/** A client over TLS that sends the bytes it is given and nothing else. */
export class TlsClient {
  readonly socket: TLSSocket
  readonly #reader: MessageReader

  private constructor(socket: TLSSocket) {
    this.socket = socket
    this.#reader = new MessageReader(socket)
  }

  /** Asks for a.test unless the options name another. @throws when the handshake fails */
  static async connect(
    t: Teardown,
    port: number,
    options: ConnectionOptions = {},
  ): Promise<TlsClient> {
    const servername = 'a.test'
    const socket = connect({ port, host: '127.0.0.1', ca: CA, servername, ...options })
    t.after(() => socket.destroy())
    await within(once(socket, 'secureConnect'), 'a TLS connection')
    socket.on('error', () => undefined)
    return new TlsClient(socket)
  }

  /** The common name of the certificate that the gateway showed. */
  get shown(): string {
    return String(this.socket.getPeerCertificate().subject.CN)
  }

  /** Text is sent as latin1. */
  send(bytes: string): this {
    this.socket.write(Buffer.from(bytes, 'latin1'))
    return this
  }

  answer(): Promise<Message | undefined> {
    return this.#reader.next()
  }

  rest(): Promise<string> {
    return this.#reader.rest()
  }
}
