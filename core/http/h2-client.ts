import type { Cancel, Clock } from '../contracts/clock.ts'
import type {
  AnswerSink,
  Call,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
} from '../contracts/transport.ts'
import { Dialler } from './dial.ts'
import { H2Call } from './h2-call.ts'
import { unreachable } from './h2-failure.ts'
import { H2Session, MOST_STREAMS, type SessionKeeper } from './h2-session.ts'

// Timeouts are looked after this often, or four times within the shortest of them.
const LONGEST_LOOK_MS = 1_000
const SHORTEST_LOOK_MS = 10

/**
 * HTTP/2 to one endpoint: by ALPN over TLS, with prior knowledge over TCP (RFC 9113, 3.3). A call
 * gets a stream at once where a connection has room, else it waits for a connection that is being
 * made, and for nothing else: as many are made as the calls need with the number of streams that
 * the endpoint takes on each. A queue here would be one that nobody sees.
 *
 * Nothing is sent before the endpoint's SETTINGS came. So what goes wrong until then, an endpoint
 * that speaks HTTP/1 only included, has cost no request.
 */
export class H2Client implements EndpointClient, SessionKeeper {
  readonly protocol = 'h2'
  readonly #target: EndpointTarget
  readonly #dialler: Dialler
  readonly #clock: Clock
  readonly #lookMs: number
  readonly #sessions = new Set<H2Session>()
  /** The one that got room last is used first, so that the others may become idle. */
  readonly #roomy: H2Session[] = []
  readonly #connecting: H2Session[] = []
  /** What the endpoint took on the last connection. */
  #streamsEach = MOST_STREAMS
  #idle = 0
  #isClosed = false
  #cancelLook: Cancel | undefined = undefined

  constructor(target: EndpointTarget, clock: Clock) {
    this.#target = target
    this.#dialler = new Dialler(target)
    this.#clock = clock
    const limits = [target.responseTimeoutMs, target.idleTimeoutMs].filter((ms) => ms > 0)
    const often = Math.min(LONGEST_LOOK_MS, ...limits.map((ms) => ms / 4))
    this.#lookMs = Math.max(SHORTEST_LOOK_MS, often)
  }

  send(request: OutgoingRequest, sink: AnswerSink): Call {
    const call = new H2Call(request, sink)
    this.#place(call)
    return call
  }

  close(): void {
    this.#isClosed = true
    for (const session of this.#sessions) this.#closeIfIdle(session)
  }

  destroy(): void {
    this.#isClosed = true
    for (const session of this.#sessions) session.destroy()
  }

  /** Connections, those of them that take new streams, and the streams that are open. */
  status(): { readonly sessions: number; readonly open: number; readonly streams: number } {
    let open = 0
    let streams = 0
    for (const session of this.#sessions) {
      if (session.isOpen) open++
      streams += session.streams
    }
    return { sessions: this.#sessions.size, open, streams }
  }

  opened(session: H2Session): void {
    remove(this.#connecting, session)
    this.#streamsEach = Math.max(1, session.maxStreams)
    const calls = session.waiting.splice(0)
    for (const call of calls) {
      if (session.hasRoom) session.open(call)
      else if (session.maxStreams > 0) this.#place(call)
      else call.fail(unreachable(new Error('the endpoint takes no streams')))
    }
    this.changed(session)
  }

  changed(session: H2Session): void {
    if (session.hasRoom !== session.isListed) {
      session.isListed = session.hasRoom
      if (session.isListed) this.#roomy.push(session)
      else remove(this.#roomy, session)
    }
    const isIdle = session.isOpen && session.streams === 0
    if (isIdle !== session.isIdle) {
      session.isIdle = isIdle
      this.#idle += isIdle ? 1 : -1
    }
    if (this.#isClosed || this.#idle > this.#target.connections.maxIdle) this.#closeIfIdle(session)
  }

  left(session: H2Session): void {
    remove(this.#connecting, session)
    if (session.isListed) remove(this.#roomy, session)
    session.isListed = false
    if (session.isIdle) this.#idle--
    session.isIdle = false
  }

  gone(session: H2Session): void {
    this.#sessions.delete(session)
    if (this.#sessions.size > 0) return
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  #place(call: H2Call): void {
    const roomy = call.isFresh ? undefined : this.#withRoom()
    if (roomy !== undefined) {
      roomy.open(call)
      this.changed(roomy)
      return
    }
    const last = this.#connecting.at(-1)
    const isFull = last === undefined || last.waiting.length >= this.#streamsEach
    const session = isFull ? this.#connect() : last
    call.session = session
    session.waiting.push(call)
  }

  #withRoom(): H2Session | undefined {
    let session = this.#roomy.at(-1)
    // Node closes a session by itself when it cannot send a frame.
    while (session !== undefined && !session.hasRoom) {
      this.changed(session)
      session = this.#roomy.at(-1)
    }
    return session
  }

  #connect(): H2Session {
    const session = new H2Session(this, this.#dialler, this.#target, this.#clock)
    this.#sessions.add(session)
    this.#connecting.push(session)
    this.#cancelLook ??= this.#clock.after(this.#lookMs, this.#look)
    return session
  }

  #closeIfIdle(session: H2Session): void {
    if (session.streams === 0 && session.waiting.length === 0) session.close()
  }

  readonly #look = (): void => {
    this.#cancelLook = this.#clock.after(this.#lookMs, this.#look)
    const now = this.#clock.now()
    const { responseTimeoutMs, idleTimeoutMs } = this.#target
    for (const session of this.#sessions) session.look(now, responseTimeoutMs, idleTimeoutMs)
  }
}

function remove(list: H2Session[], session: H2Session): void {
  const place = list.indexOf(session)
  if (place >= 0) list.splice(place, 1)
}
