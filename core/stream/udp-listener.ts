import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { isIP, isIPv6 } from 'node:net'
import type { ResolvedUdp } from '../config/resolved.ts'
import type { Address } from '../http/address.ts'
import { cannotListen } from '../http/cannot-listen.ts'
import type { Door } from '../http/door.ts'
import type { Host } from '../http/gateway-host.ts'
import { ownSockets, type Sockets } from '../http/sockets.ts'
import { stopReading } from '../system/datagrams.ts'
import { ClientCounts } from './client-counts.ts'
import { Conversation } from './conversation.ts'
import { asItIs } from './endpoint-datagrams.ts'
import { EndpointSockets } from './endpoint-sockets.ts'
import { ExpiryLine } from './expiry-line.ts'
import { OneShot } from './one-shot.ts'
import { OneWay } from './one-way.ts'
import { Refusals } from './refusals.ts'
import type { UdpEntrance } from './udp-entrance.ts'
import type { UdpRoute } from './udp-route.ts'

// What comes while this process does something else. The system cuts it to its own limit (rmem_max).
const RECEIVE_BUFFER = 4_194_304
const MOST_EARLY = 1_024

/** One port of datagrams: opened, counted, closed. What comes in on it goes to its route. */
export class UdpListener implements UdpEntrance, Door {
  readonly host: Host
  readonly sockets: EndpointSockets
  replies: ExpiryLine
  readonly #socket: Socket
  readonly #routeOf: (config: ResolvedUdp) => UdpRoute | undefined
  readonly #refusals: Refusals
  readonly #conversations = new Map<string, Conversation>()
  readonly #byClient = new ClientCounts()
  /** Came before the config that has this listener was in force. */
  #early: [datagram: Buffer, client: RemoteInfo][] = []
  #config: ResolvedUdp
  #opened: Sockets = ownSockets
  #flows = 0
  #isRefusing = false
  #isStopped = false
  #isClosed = false

  constructor(
    config: ResolvedUdp,
    host: Host,
    routeOf: (config: ResolvedUdp) => UdpRoute | undefined,
  ) {
    this.#config = config
    this.host = host
    this.#routeOf = routeOf
    this.sockets = new EndpointSockets(host.clock)
    this.replies = new ExpiryLine(host.clock, config.timeoutMs)
    const { clock, log } = host
    this.#refusals = new Refusals(clock, log, `udp ${config.host}:${config.port}`, 'datagrams')
    this.#socket = createSocket({
      type: isIPv6(config.host) ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER,
      lookup: isIP(config.host) > 0 ? asItIs : lookup,
    })
    this.#socket.on('message', (datagram, client) => this.#take(datagram, client))
  }

  /** Starts reading on a socket of `sockets`. @throws GatewayError `CANNOT_LISTEN` */
  async listen(sockets: Sockets): Promise<Address> {
    const { host, port } = this.#config
    this.#opened = sockets
    try {
      await sockets.bind(this.#socket, host, port)
    } catch (cause: unknown) {
      throw cannotListen(host, port, cause as Error)
    }
    this.#socket.on('error', (error) => {
      this.host.log.error({ err: error, listener: this.#config.place }, 'a datagram was not read')
    })
    return { host, port: this.#socket.address().port }
  }

  get config(): ResolvedUdp {
    return this.#config
  }

  /** Flows under way. */
  get connections(): number {
    return this.#flows
  }

  /** Takes what can change while listening: all but the address. */
  configure(config: ResolvedUdp): void {
    this.#config = config
    if (config.timeoutMs !== this.replies.delayMs) {
      this.replies = new ExpiryLine(this.host.clock, config.timeoutMs)
    }
    const early = this.#early
    this.#early = []
    for (const [datagram, client] of early) this.#take(datagram, client)
  }

  endAccepting(): void {
    this.stop()
  }

  /** Begins no flow any more; those under way go on. */
  stop(): void {
    this.#isStopped = true
    this.#closeIfOver()
  }

  /** The same as `stop`, for an address that the config does not have any more. */
  drop(): void {
    this.#opened.drop(this.#socket)
    this.stop()
  }

  /** Reads nothing any more, so that another process does. Replies go out still. */
  handOver(): void {
    stopReading(this.#socket)
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  disperse(): void {}

  closeIdle(): void {}

  closeAll(): void {
    this.#isStopped = true
    if (this.#isClosed) return
    this.#isClosed = true
    this.sockets.close()
    this.#socket.close()
  }

  reply(client: RemoteInfo, datagram: Buffer): void {
    if (!this.#isClosed) this.#socket.send(datagram, client.port, client.address)
  }

  leave(client: RemoteInfo): void {
    this.#flows--
    this.#byClient.leave(client.address)
    if (this.#isStopped) this.#closeIfOver()
  }

  refused(reason: string): void {
    this.#refusals.add(reason)
  }

  #take(datagram: Buffer, client: RemoteInfo): void {
    const route = this.#routeOf(this.#config)
    if (route === undefined) {
      if (this.#early.length < MOST_EARLY) this.#early.push([datagram, client])
      return
    }
    const { flow } = route.config
    if (flow === 'conversation') this.#converse(route, datagram, client)
    else if (this.#enter(client)) {
      if (flow === 'oneShot') new OneShot(this, route, client, datagram).begin()
      else new OneWay(this, route, client, datagram).begin()
    }
  }

  #converse(route: UdpRoute, datagram: Buffer, client: RemoteInfo): void {
    const key = `${client.port} ${client.address}`
    const known = this.#conversations.get(key)
    if (known !== undefined) {
      known.take(datagram)
      return
    }
    if (!this.#enter(client)) return
    const conversation = new Conversation(this, route, client, () => {
      this.#conversations.delete(key)
    })
    this.#conversations.set(key, conversation)
    conversation.take(datagram)
    conversation.begin()
  }

  /** Takes a place for a flow more, if there is one. */
  #enter(client: RemoteInfo): boolean {
    const { maxFlows, maxFlowsPerClient, flow } = this.#config
    const reason = this.#isStopped
      ? 'the gateway stops'
      : this.#isRefusing
        ? 'the gateway is short of memory'
        : this.#flows >= maxFlows
          ? 'too many flows'
          : client.port === 0 && flow !== 'oneWay'
            ? 'no port to reply to'
            : this.#byClient.enter(client.address, maxFlowsPerClient)
              ? ''
              : 'too many flows of one address'
    if (reason !== '') {
      this.refused(reason)
      return false
    }
    this.#flows++
    return true
  }

  #closeIfOver(): void {
    if (this.#flows === 0) this.closeAll()
  }
}
