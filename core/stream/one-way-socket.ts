import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { EndpointDatagrams, type Hearer, type SystemError } from './endpoint-datagrams.ts'

/**
 * A socket for the datagrams of many flows. A refusal comes after the one that it is about, and is
 * told with the next one, as the system itself does.
 */
export class OneWaySocket implements Hearer {
  readonly #endpoint: LiveEndpoint
  #socket: EndpointDatagrams | undefined = undefined
  #refusal: SystemError | undefined = undefined

  constructor(endpoint: LiveEndpoint) {
    this.#endpoint = endpoint
  }

  /** What became known of datagrams before; undefined for nothing new. */
  takeRefusal(): SystemError | undefined {
    const refusal = this.#refusal
    this.#refusal = undefined
    return refusal
  }

  /** `sent` is told how this datagram fared; without it a refusal is told with the next one. */
  send(datagram: Buffer, sent?: (error: SystemError | null) => void): void {
    this.#socket ??= new EndpointDatagrams(this.#endpoint.target, this)
    this.#socket.send(datagram, sent)
  }

  heard(): void {}

  failed(error: SystemError): void {
    this.#refusal = error
    // All else may mean that there is no socket.
    if (error.code !== 'ECONNREFUSED') this.close()
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }
}
