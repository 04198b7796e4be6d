import type { RemoteInfo } from 'node:dgram'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { EndpointDatagrams, Hearer, SystemError } from './endpoint-datagrams.ts'
import type { Awaiting, ExpiryLine } from './expiry-line.ts'
import type { UdpEntrance } from './udp-entrance.ts'
import { UdpFlow, verdictOf } from './udp-flow.ts'
import type { UdpRoute } from './udp-route.ts'

/** One datagram of a client and the replies to it. */
export class OneShot extends UdpFlow implements Hearer, Awaiting {
  expiresAt = 0
  readonly #datagram: Buffer
  readonly #line: ExpiryLine
  #socket: EndpointDatagrams | undefined = undefined
  #left: number

  constructor(entrance: UdpEntrance, route: UdpRoute, client: RemoteInfo, datagram: Buffer) {
    super(entrance, route, client)
    this.#datagram = datagram
    this.#line = entrance.replies
    this.#left = route.config.replies
  }

  heard(datagram: Buffer): void {
    const { flow, entrance } = this
    entrance.reply(this.client, datagram)
    if (flow.answeredAt === 0) flow.answered(entrance.host.clock.now(), 'ok', 101)
    this.#left--
    if (this.#left > 0) return
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined && flow.endpoint !== undefined) {
      entrance.sockets.giveBack(flow.endpoint, socket)
    }
    this.end('ok')
  }

  failed(error: SystemError): void {
    const { outcome, reason } = verdictOf(error)
    this.#fail(outcome, 'nothing', reason)
  }

  expire(): void {
    this.#fail('timeout', 'all', 'no reply in time')
  }

  protected send(endpoint: LiveEndpoint): void {
    const socket = this.entrance.sockets.take(endpoint, this)
    this.#socket = socket
    this.#line.join(this)
    socket.send(this.#datagram)
  }

  /** A socket that a reply may still come to is no other flow's. */
  protected close(): void {
    this.#line.leave(this)
    this.#socket?.close()
    this.#socket = undefined
  }

  #fail(...[outcome, sent, reason]: Parameters<UdpFlow['attemptFailed']>): void {
    const isAnswered = this.flow.answeredAt > 0
    this.close()
    if (isAnswered) this.end(outcome)
    else this.attemptFailed(outcome, sent, reason)
  }
}
