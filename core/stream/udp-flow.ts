import type { RemoteInfo } from 'node:dgram'
import type { Outcome } from '../contracts/flow.ts'
import type { Peer } from '../contracts/peer.ts'
import type { Failure } from '../contracts/plugin.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { askBoth, delayBeforeNext } from './asking.ts'
import type { SystemError } from './endpoint-datagrams.ts'
import { plain } from './opening.ts'
import type { OpenStream } from './streams.ts'
import type { UdpEntrance } from './udp-entrance.ts'
import type { UdpRoute } from './udp-route.ts'

/** What is of one flow among a client's datagrams, on its way to an endpoint. */
export abstract class UdpFlow implements OpenStream {
  protected readonly entrance: UdpEntrance
  protected readonly route: UdpRoute
  protected readonly client: RemoteInfo
  protected readonly flow: ActiveFlow
  protected isOver = false

  constructor(entrance: UdpEntrance, route: UdpRoute, client: RemoteInfo) {
    this.entrance = entrance
    this.route = route
    this.client = client
    this.flow = new ActiveFlow(route.upstream)
  }

  /** Sends what there is to an endpoint that was acquired. */
  protected abstract send(endpoint: LiveEndpoint): void

  /** Lets go of what it has beside the flow. */
  protected abstract close(): void

  /** Asks the plugins, then finds an endpoint. */
  begin(): void {
    this.entrance.host.streams.add(this)
    const peer = peerOf(this.client)
    try {
      const answer = askBoth(this.route.chain.stream, this.flow, peer)
      if (answer === true) this.open(peer)
      else if (answer === false) this.#refuse()
      else answer.then((isLetIn) => (isLetIn ? this.open(peer) : this.#refuse())).catch(this.#threw)
    } catch (error: unknown) {
      this.#threw(error)
    }
  }

  cut(): void {
    this.end('local')
  }

  protected open(peer: Peer = peerOf(this.client)): void {
    if (this.isOver) return
    const { flow } = this
    const { keyReader } = flow.live
    if (keyReader !== undefined && flow.key < 0) flow.key = keyReader.ofPeer(peer)
    const endpoint = flow.live.acquire(flow)
    if (endpoint !== undefined) this.send(endpoint)
    else {
      this.entrance.refused('no endpoint is ready')
      this.over()
    }
  }

  /** The attempt has failed: another endpoint may take it, or nobody. */
  protected attemptFailed(outcome: Outcome, sent: Failure['sent'], reason: string): void {
    if (this.isOver) return
    const { flow, entrance } = this
    const again = [...this.route.chain.again, ...flow.live.chain.again]
    const delayMs =
      outcome === 'local' ? -1 : delayBeforeNext(again, flow, outcome, entrance.host.log, sent)
    flow.owner?.release(flow, outcome)
    if (delayMs >= 0) entrance.host.clock.after(delayMs, () => this.open())
    else {
      entrance.refused(reason)
      this.over()
    }
  }

  /** The flow is over, and its attempt with it. */
  protected end(outcome: Outcome): void {
    if (this.isOver) return
    this.flow.owner?.release(this.flow, outcome)
    this.over()
  }

  protected over(): void {
    if (this.isOver) return
    this.isOver = true
    this.close()
    const { host } = this.entrance
    host.streams.remove(this)
    this.entrance.leave(this.client)
    host.onFinished()
  }

  #refuse(): void {
    this.entrance.refused('a plugin refused it')
    this.end('local')
  }

  readonly #threw = (error: unknown): void => {
    this.entrance.host.log.error(
      { err: error, listener: this.route.config.place },
      'a plugin threw',
    )
    this.end('local')
  }
}

/** What an error says of the endpoint, and of the datagram: whether it has got anywhere. */
export function verdictOf({ code = '' }: SystemError): {
  readonly outcome: Outcome
  readonly reason: string
} {
  if (code === 'EMSGSIZE') return { outcome: 'local', reason: 'larger than the network takes' }
  if (OURS.has(code)) return { outcome: 'local', reason: `this machine has no more: ${code}` }
  return { outcome: 'connect-failed', reason: 'an endpoint does not take datagrams' }
}

const OURS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EAGAIN'])

function peerOf(client: RemoteInfo): Peer {
  const address = plain(client.address)
  return address === client.address ? client : { address, port: client.port }
}
