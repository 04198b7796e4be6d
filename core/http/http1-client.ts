import type { Clock } from '../contracts/clock.ts'
import type {
  AnswerSink,
  Call,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
} from '../contracts/transport.ts'
import { Deadlines } from './deadlines.ts'
import { Dialler } from './dial.ts'
import { Http1Connection } from './http1-connection.ts'
import { isIdempotent } from './idempotent.ts'

// An idle connection is given up this long before the endpoint says that it would end it.
const SAFETY_MS = 1_000
// A request that must not be sent twice goes out on no connection that was idle for longer: the
// endpoint may be about to end it. One so rare does not feel the price of a new one.
const MOST_IDLE_MS = 1_000

/**
 * Connections to one endpoint, one request at a time each. The one used last is used next, so that
 * the others may time out. There is no limit and so no queue: one here would be one that nobody
 * sees.
 */
export class Http1Client implements EndpointClient {
  readonly target: EndpointTarget
  readonly dialler: Dialler
  readonly deadlines: Deadlines
  readonly #clock: Clock
  readonly #free: Http1Connection[] = []
  readonly #all = new Set<Http1Connection>()
  #isClosed = false

  constructor(target: EndpointTarget, clock: Clock) {
    this.target = target
    this.dialler = new Dialler(target)
    this.deadlines = new Deadlines(clock)
    this.#clock = clock
  }

  send(request: OutgoingRequest, sink: AnswerSink): Call {
    const connection = (request.fresh ? undefined : this.#take(request.method)) ?? this.#open()
    const call = new Http1Call(connection, sink)
    connection.send(request, sink)
    return call
  }

  /** Takes a connection back that is fit for another request. */
  give(connection: Http1Connection, keepAliveMs: number): void {
    const { maxIdle, idleMs } = this.target.connections
    const hintedMs = keepAliveMs - SAFETY_MS
    if (this.#isClosed || hintedMs <= 0 || this.#free.length >= maxIdle) {
      connection.destroy()
      return
    }
    this.#free.push(connection)
    connection.idleSince = this.#clock.now()
    this.deadlines.set(connection, idleMs > 0 ? Math.min(idleMs, hintedMs) : 0)
  }

  /** Forgets a connection that is lost, or that has become a tunnel. */
  discard(connection: Http1Connection): void {
    this.#all.delete(connection)
    this.deadlines.remove(connection)
    const place = this.#free.lastIndexOf(connection)
    if (place >= 0) this.#free.splice(place, 1)
  }

  close(): void {
    this.#isClosed = true
    for (const connection of [...this.#free]) connection.destroy()
  }

  destroy(): void {
    this.#isClosed = true
    for (const connection of [...this.#all]) connection.destroy()
  }

  #take(method: string): Http1Connection | undefined {
    const last = this.#free.at(-1)
    if (last === undefined) return undefined
    const isStale = !isIdempotent(method) && this.#clock.now() - last.idleSince > MOST_IDLE_MS
    return isStale ? undefined : this.#free.pop()
  }

  #open(): Http1Connection {
    const connection = new Http1Connection(this)
    this.#all.add(connection)
    this.deadlines.add(connection)
    return connection
  }
}

/** One request on a connection, which may long be at another one's when this is called. */
class Http1Call implements Call {
  readonly #connection: Http1Connection
  readonly #sink: AnswerSink

  constructor(connection: Http1Connection, sink: AnswerSink) {
    this.#connection = connection
    this.#sink = sink
  }

  abort(): void {
    this.#connection.abort(this.#sink)
  }

  resume(): void {
    this.#connection.resume(this.#sink)
  }

  recycle(): void {
    this.#connection.recycle()
  }
}
