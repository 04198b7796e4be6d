import type { RemoteInfo } from 'node:dgram'
import type { Outcome } from '../contracts/flow.ts'
import { type Goodbye, IDLE } from '../http/goodbye.ts'
import type { Lasting } from '../http/lasting.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { EndpointDatagrams, Hearer, SystemError } from './endpoint-datagrams.ts'
import { EndpointDatagrams as Connected } from './endpoint-datagrams.ts'
import type { Awaiting, ExpiryLine } from './expiry-line.ts'
import type { UdpEntrance } from './udp-entrance.ts'
import { UdpFlow, verdictOf } from './udp-flow.ts'
import type { UdpRoute } from './udp-route.ts'

// What a client sends before there is an endpoint, or before it has said anything.
const MOST_UNANSWERED = 16
// The header of UDP: a datagram without a byte is something too.
const HEADER_BYTES = 8

/** All that one address and port sends, and what an endpoint says to it. */
export class Conversation extends UdpFlow implements Hearer, Awaiting, Lasting {
  expiresAt = 0
  seenBytes = -1
  quietSince = 0
  bytesUp = 0
  bytesDown = 0
  readonly isEnding = false
  readonly idleTimeoutMs: number
  readonly #line: ExpiryLine
  readonly #onOver: () => void
  #socket: EndpointDatagrams | undefined = undefined
  /** Sent again where the endpoint turns out to take nothing. */
  #unanswered: Buffer[] = []
  /** How many replies may go back; counted where the config bounds them. */
  #allowed = 0

  constructor(entrance: UdpEntrance, route: UdpRoute, client: RemoteInfo, onOver: () => void) {
    super(entrance, route, client)
    this.idleTimeoutMs = route.config.idleTimeoutMs
    this.#line = entrance.replies
    this.#onOver = onOver
  }

  get endpoint(): LiveEndpoint | undefined {
    return this.flow.endpoint
  }

  /** The client sends another datagram, or the first. */
  take(datagram: Buffer): void {
    this.bytesUp += datagram.length + HEADER_BYTES
    this.#allowed += this.route.config.replies
    if (this.flow.answeredAt === 0 || this.#socket === undefined) {
      if (this.#unanswered.length === MOST_UNANSWERED) this.#unanswered.shift()
      this.#unanswered.push(datagram)
    }
    if (this.#socket === undefined) return
    if (this.#isToMove()) this.#move(datagram)
    else this.#socket.send(datagram)
  }

  heard(datagram: Buffer): void {
    const { flow, entrance } = this
    if (flow.answeredAt === 0) {
      this.#line.leave(this)
      flow.answered(entrance.host.clock.now(), 'ok', 101)
      flow.avoid = undefined
      this.#unanswered = []
    }
    this.bytesDown += datagram.length + HEADER_BYTES
    if (this.route.config.replies > 0) {
      if (this.#allowed === 0) return
      this.#allowed--
    }
    entrance.reply(this.client, datagram)
  }

  failed(error: SystemError): void {
    const { outcome, reason } = verdictOf(error)
    if (error.code === 'EMSGSIZE') this.entrance.refused(reason)
    else if (this.flow.answeredAt === 0) this.#fail(outcome, 'nothing', reason)
    else this.end(outcome === 'local' ? outcome : 'upstream-error')
  }

  expire(): void {
    this.#fail('timeout', 'all', 'no reply in time')
  }

  tell(): boolean {
    return false
  }

  /** A conversation ends by silence: that is how it is meant. */
  override cut(goodbye?: Goodbye): void {
    this.end(goodbye === IDLE ? this.#outcome : 'local')
  }

  protected send(endpoint: LiveEndpoint): void {
    const socket = new Connected(endpoint.target, this)
    this.#socket = socket
    this.entrance.host.tunnels.add(this)
    if (this.route.config.timeoutMs > 0) this.#line.join(this)
    for (const datagram of this.#unanswered) socket.send(datagram)
  }

  protected close(): void {
    this.#leave()
    this.entrance.host.tunnels.remove(this)
    this.#onOver()
  }

  /** Of an endpoint that never says anything nothing is known, not even that it should. */
  get #outcome(): Outcome {
    return this.flow.answeredAt > 0 ? 'ok' : 'local'
  }

  #isToMove(): boolean {
    const { flow, route } = this
    const { endpoint } = flow
    if (route.config.onDown === 'keep' || endpoint === undefined) return false
    return endpoint.holds !== 0 && flow.live.bits.isDown(endpoint)
  }

  #move(datagram: Buffer): void {
    this.#leave()
    this.flow.owner?.release(this.flow, this.#outcome)
    this.#unanswered = [datagram]
    this.open()
  }

  #fail(...[outcome, sent, reason]: Parameters<UdpFlow['attemptFailed']>): void {
    this.#leave()
    this.attemptFailed(outcome, sent, reason)
  }

  #leave(): void {
    this.#line.leave(this)
    this.#socket?.close()
    this.#socket = undefined
  }
}
