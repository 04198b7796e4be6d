import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { ResolvedTcp } from '../config/resolved.ts'
import type { Address } from '../http/address.ts'
import { cannotListen } from '../http/cannot-listen.ts'
import { ConnectionLimit } from '../http/connection-limit.ts'
import type { Door } from '../http/door.ts'
import type { Host } from '../http/gateway-host.ts'
import { ownSockets, type Sockets } from '../http/sockets.ts'
import { countSocket } from '../system/open-sockets.ts'
import { Arrival } from './arrival.ts'
import type { Entrance } from './entrance.ts'
import { type Opened, opens } from './opening.ts'
import { Refusals } from './refusals.ts'
import { TcpConnection } from './tcp-connection.ts'
import type { TcpRoute } from './tcp-route.ts'
import { TlsEntry } from './tls-entry.ts'
import { type Waiting, WaitingLine } from './waiting-line.ts'

// The kernel asks a silent peer whether it is still there, so that a dead one need not wait for the
// idle timeout.
const PROBE_AFTER_MS = 60_000

const UNSAID: Opened = { proxy: undefined, hello: undefined, early: Buffer.alloc(0) }

/** One port of layer 4: opened, counted, closed. What comes in on it goes to its route. */
export class TcpListener implements Entrance, Door {
  readonly host: Host
  readonly #server: Server
  readonly #routeOf: (config: ResolvedTcp) => TcpRoute | undefined
  readonly #line: WaitingLine
  readonly #refusals: Refusals
  readonly #limit: ConnectionLimit
  readonly #sockets = new Set<Socket>()
  readonly #byClient = new Map<string, number>()
  readonly #unwatch: () => void
  /** Came before the config that has this listener was in force. */
  #early: Socket[] = []
  #isDropped = false
  #config: ResolvedTcp
  tls: TlsEntry | undefined = undefined
  #opened: Sockets = ownSockets
  #inside = 0

  constructor(
    config: ResolvedTcp,
    host: Host,
    routeOf: (config: ResolvedTcp) => TcpRoute | undefined,
  ) {
    this.#config = config
    this.host = host
    this.#routeOf = routeOf
    this.#refusals = new Refusals(host.clock, host.log, `${config.host}:${config.port}`)
    this.#line = new WaitingLine(config.queue.size)
    this.#server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
    })
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#limit = new ConnectionLimit(this.#server, placeOf(config), host, () => {})
    this.#unwatch = host.streams.watch(() => this.#line.move())
    this.configure(config)
  }

  /** Starts accepting on a socket of `sockets`. @throws GatewayError `CANNOT_LISTEN` */
  async listen(sockets: Sockets): Promise<Address> {
    const { host, port } = this.#config
    this.#opened = sockets
    try {
      await sockets.open(this.#server, host, port)
    } catch (cause: unknown) {
      throw cannotListen(host, port, cause as Error)
    }
    return { host, port: (this.#server.address() as AddressInfo).port }
  }

  get config(): ResolvedTcp {
    return this.#config
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Takes what can change while listening: all but the address. */
  configure(config: ResolvedTcp): void {
    const { maxConnections, queue, tls } = config
    if (this.tls === undefined || !isDeepStrictEqual(config, this.#config)) {
      this.tls?.close()
      this.tls = tls && new TlsEntry(tls, config, this.host)
    }
    this.#config = config
    this.#line.configure(queue.size)
    this.#limit.configure(maxConnections === 0 ? 0 : maxConnections + queue.size)
    this.#line.move()
    const early = this.#early
    this.#early = []
    for (const socket of early) this.#accept(socket)
  }

  endAccepting(): void {
    this.stop()
  }

  stop(): void {
    this.tls?.close()
    if (this.#server.listening) this.#server.close()
  }

  /** The same as `stop`, for an address that the config does not have any more. */
  drop(): void {
    this.#isDropped = true
    this.stop()
    this.#opened.drop(this.#server)
    this.#closeEarly()
    this.#forgetIfOver()
  }

  /** Turns new connections away, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#limit.close(isRefusing)
  }

  disperse(): void {}

  closeIdle(): void {}

  closeAll(): void {
    this.#closeEarly()
    for (const socket of this.#sockets) socket.destroy()
  }

  admit(client: Socket, address: string): boolean {
    const { maxConnectionsPerClient } = this.#config
    const open = (this.#byClient.get(address) ?? 0) + 1
    if (maxConnectionsPerClient > 0 && open > maxConnectionsPerClient) {
      this.refused('too many of one address')
      return false
    }
    this.#byClient.set(address, open)
    client.once('close', () => this.#left(address))
    return true
  }

  enter(): boolean {
    const { maxConnections } = this.#config
    if (maxConnections > 0 && this.#inside >= maxConnections) return false
    this.#inside++
    return true
  }

  leave(): void {
    this.#inside--
  }

  wait(connection: Waiting): boolean {
    return this.#line.join(connection)
  }

  refused(reason: string): void {
    this.#refusals.add(reason)
  }

  stopWaiting(connection: Waiting): void {
    this.#line.leave(connection)
  }

  #accept(socket: Socket): void {
    const route = this.#routeOf(this.#config)
    if (route === undefined) {
      this.#early.push(socket)
      return
    }
    if (route.config.proxies === undefined && !this.admit(socket, socket.remoteAddress ?? '')) {
      socket.destroy()
      return
    }
    countSocket(socket)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#forgetIfOver()
    })
    if (opens(route)) new Arrival(this, route, socket).begin()
    else if (route.upstream !== undefined) {
      new TcpConnection(this, route, route.upstream, socket, UNSAID).begin()
    }
  }

  #left(address: string): void {
    const left = (this.#byClient.get(address) ?? 1) - 1
    if (left === 0) this.#byClient.delete(address)
    else this.#byClient.set(address, left)
  }

  #closeEarly(): void {
    for (const socket of this.#early) socket.destroy()
    this.#early = []
  }

  #forgetIfOver(): void {
    if (this.#isDropped && this.#sockets.size === 0) this.#unwatch()
  }
}

function placeOf({ host, port }: ResolvedTcp): {
  host: string
  port: number
  maxConnections: number
} {
  return { host, port, maxConnections: 0 }
}
