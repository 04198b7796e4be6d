import type { Socket } from 'node:net'
import type { Expiring } from '../http/deadlines.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'
import type { Entrance } from './entrance.ts'
import { type Opened, openConnection, type Unopened } from './opening.ts'
import type { OpenStream } from './streams.ts'
import { TcpConnection } from './tcp-connection.ts'
import type { TcpRoute } from './tcp-route.ts'

// A fatal alert in a record of TLS 1.2, which every version understands: "unrecognized_name"
// (RFC 6066, 3).
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112])

/** A connection that has yet to say who sends it, or whom it wants. */
export class Arrival implements Expiring, OpenStream {
  deadlineAt = Number.POSITIVE_INFINITY
  place = -1
  readonly #entrance: Entrance
  readonly #route: TcpRoute
  readonly #client: Socket
  #stop: () => void = () => {}
  #isOver = false

  constructor(entrance: Entrance, route: TcpRoute, client: Socket) {
    this.#entrance = entrance
    this.#route = route
    this.#client = client
  }

  begin(): void {
    const { host } = this.#entrance
    host.streams.add(this)
    host.deadlines.add(this)
    host.deadlines.set(this, this.#route.config.openingTimeoutMs)
    this.#client.on('error', this.#left).on('close', this.#left)
    const stop = openConnection(this.#client, this.#route, this.#entrance.tls, (...opened) =>
      this.#opened(...opened),
    )
    if (!this.#isOver) this.#stop = stop
  }

  expire(): void {
    this.#entrance.refused('too slow to begin')
    this.cut()
  }

  cut(): void {
    this.#over()
    this.#client.on('error', ignore).destroy()
  }

  readonly #left = (): void => this.#over()

  #opened(opened: Opened | Unopened, socket: Socket): void {
    if (this.#isOver) {
      socket.on('error', ignore).destroy()
      return
    }
    if (typeof opened === 'string') {
      this.#entrance.refused(opened)
      this.cut()
      return
    }
    if (!this.#isAdmitted(opened)) {
      this.cut()
      return
    }
    const upstream = this.#goal(opened)
    if (upstream === undefined) this.#turnAway(opened, socket)
    else {
      const connection = new TcpConnection(this.#entrance, this.#route, upstream, socket, opened)
      this.#over()
      connection.begin()
    }
  }

  /** Where a proxy stands in front, its clients are those that are counted. */
  #isAdmitted({ proxy }: Opened): boolean {
    if (this.#route.config.proxies === undefined) return true
    const address = proxy?.source?.address ?? this.#client.remoteAddress ?? ''
    return this.#entrance.admit(this.#client, address)
  }

  #goal({ hello }: Opened): LiveUpstream | undefined {
    const named = hello === undefined ? undefined : this.#route.names.find(hello)
    return named ?? this.#route.upstream
  }

  #turnAway({ hello }: Opened, socket: Socket): void {
    this.#entrance.refused(hello === undefined ? 'no TLS' : 'a name that no route has')
    this.#over()
    if (socket !== this.#client) socket.on('error', ignore).destroy()
    else if (hello === undefined) this.#client.on('error', ignore).destroy()
    else this.#client.on('error', ignore).end(UNRECOGNIZED_NAME, () => this.#client.destroy())
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stop()
    const { host } = this.#entrance
    this.#client.off('error', this.#left).off('close', this.#left)
    host.deadlines.remove(this)
    host.streams.remove(this)
    host.onFinished()
  }
}

function ignore(): void {}
