import type { RemoteInfo } from 'node:dgram'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { SystemError } from './endpoint-datagrams.ts'
import type { OneWaySocket } from './one-way-socket.ts'
import type { UdpEntrance } from './udp-entrance.ts'
import { UdpFlow, verdictOf } from './udp-flow.ts'
import type { UdpRoute } from './udp-route.ts'

/** A datagram of a client that nothing comes back for. */
export class OneWay extends UdpFlow {
  readonly #datagram: Buffer
  #socket: OneWaySocket | undefined = undefined

  constructor(entrance: UdpEntrance, route: UdpRoute, client: RemoteInfo, datagram: Buffer) {
    super(entrance, route, client)
    this.#datagram = datagram
  }

  protected send(endpoint: LiveEndpoint): void {
    const socket = this.entrance.sockets.oneWay(endpoint)
    this.#socket = socket
    const refusal = socket.takeRefusal()
    if (refusal === undefined) socket.send(this.#datagram, this.#sent)
    else this.#fail(refusal)
  }

  protected close(): void {}

  readonly #sent = (error: SystemError | null): void => {
    if (error === null) this.end('ok')
    else this.#fail(error)
  }

  /** The refusal is about datagrams before: this one may still arrive where no other endpoint has it. */
  #fail(error: SystemError): void {
    const { outcome, reason } = verdictOf(error)
    this.attemptFailed(outcome, 'nothing', reason)
    if (this.isOver && outcome !== 'local') this.#socket?.send(this.#datagram)
  }
}
