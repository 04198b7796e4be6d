import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Cancel, Clock } from '../contracts/clock.ts'
import { ClientSession, type ServeStream, type SessionLimits } from './client-session.ts'

const MOST_STREAMS = 100
// What one stream may send unread. All streams of a connection together stay below 16 MiB.
const STREAM_WINDOW = 128 * 2 ** 10
// Node gives this window back at once, so it bounds what is on its way, not what is held.
const SESSION_WINDOW = 2 ** 20
// The gate counts bytes as HTTP/1.1 does and answers 431; beyond this node resets the stream.
const HEADER_SLACK = 2
const MOST_HEADER_LINES = 2_000
const MOST_INVALID_FRAMES = 100
const LOOK_EVERY_MS = 1_000

/** The HTTP/2 sessions of one listener, and what they may do. */
export class ClientSessions {
  readonly #clock: Clock
  readonly #serve: ServeStream
  readonly #server: Http2Server
  readonly #open = new Set<ClientSession>()
  #limits: SessionLimits
  #cancel: Cancel | undefined = undefined
  #isDraining = false

  constructor(limits: SessionLimits, clock: Clock, serve: ServeStream) {
    this.#limits = limits
    this.#clock = clock
    this.#serve = serve
    this.#server = createServer({
      settings: {
        maxConcurrentStreams: MOST_STREAMS,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: limits.maxHeaderSize * HEADER_SLACK,
      },
      maxHeaderListPairs: MOST_HEADER_LINES,
      maxSessionInvalidFrames: MOST_INVALID_FRAMES,
      // An endpoint's answer that says the same twice is passed on as HTTP/1.1 does.
      strictSingleValueFields: false,
    } as object)
  }

  /** Speaks HTTP/2 on a connection that chose it. */
  take(socket: TLSSocket): void {
    const began = (session: ServerHttp2Session): void => this.#add(session, socket)
    this.#server.once('session', began).emit('connection', socket)
  }

  configure(limits: SessionLimits): void {
    this.#limits = limits
    this.#server.updateSettings({ maxHeaderListSize: limits.maxHeaderSize * HEADER_SLACK })
  }

  /** Asks every client to open no more streams; those that are open finish, then their session. */
  drain(): void {
    this.#isDraining = true
    this.retire()
  }

  /** The same, of those that are there now. */
  retire(): void {
    for (const session of this.#open) session.drain()
  }

  /** The same one by one, so that they do not all come back at once. */
  disperse(overMs: number): void {
    const sessions = [...this.#open]
    for (const [place, session] of sessions.entries()) {
      this.#clock.after((overMs * place) / sessions.length, () => session.drain())
    }
  }

  /** Says goodbye to the clients that have nothing under way. */
  closeIdle(): void {
    for (const session of this.#open) if (session.isIdle) session.drain()
  }

  closeAll(): void {
    for (const session of this.#open) session.destroy()
  }

  #add(session: ServerHttp2Session, socket: Socket): void {
    const added = new ClientSession(session, socket, this.#clock, this.#serve)
    this.#open.add(added)
    session.setLocalWindowSize(SESSION_WINDOW)
    session.once('close', () => this.#open.delete(added))
    if (this.#isDraining) added.drain()
    this.#cancel ??= this.#clock.after(LOOK_EVERY_MS, this.#look)
  }

  readonly #look = (): void => {
    const now = this.#clock.now()
    for (const session of this.#open) session.look(now, this.#limits)
    this.#cancel = this.#open.size > 0 ? this.#clock.after(LOOK_EVERY_MS, this.#look) : undefined
  }
}
