import type { ClientHttp2Session, Settings } from 'node:http2'
import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../contracts/clock.ts'
import type { EndpointTarget, TransportFailure } from '../contracts/transport.ts'
import type { Dialler } from './dial.ts'
import type { H2Call } from './h2-call.ts'
import { speakH2 } from './h2-connect.ts'
import { broken, connectTimeout, unreachable } from './h2-failure.ts'
import { Keepalive } from './h2-keepalive.ts'

/** Streams of one connection at most, whatever more the endpoint would take: others share it. */
export const MOST_STREAMS = 128
// Stream ids end at 2^31 - 1 and go up by two; a session is let go of well before.
const LAST_STREAM_ID = 2_000_000_000
// For an endpoint to close its side as well.
const LINGER_MS = 5_000

/** What a session tells whoever keeps it. */
export interface SessionKeeper {
  /** The endpoint's SETTINGS came: those that wait can be sent. */
  opened(session: H2Session): void
  /** A stream more or less, or other SETTINGS. */
  changed(session: H2Session): void
  /** No new streams: it is closing, or gone. */
  left(session: H2Session): void
  gone(session: H2Session): void
}

/** One HTTP/2 connection to an endpoint. */
export class H2Session {
  readonly scheme: string
  readonly authority: string
  /** Calls that wait for the connection. */
  readonly waiting: H2Call[] = []
  /** Whether the keeper has it among those with room. */
  isListed = false
  /** Whether the keeper counts it among those without a stream. */
  isIdle = false
  isOpen = false
  maxStreams = 0
  readonly #keeper: SessionKeeper
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #calls = new Set<H2Call>()
  #h2: ClientHttp2Session | undefined = undefined
  #keepalive: Keepalive | undefined = undefined
  #cancelTimer: Cancel | undefined = undefined
  #lastStream = Number.POSITIVE_INFINITY
  #idleSince = 0
  readonly #idleMs: number
  #hasCarried = false
  #isGone = false
  /** Whether it was lost, in place of streams that ended on it. */
  isLost = false
  #error: unknown = undefined

  constructor(keeper: SessionKeeper, dialler: Dialler, target: EndpointTarget, clock: Clock) {
    const { protocol, host } = new URL(target.url)
    this.scheme = protocol.slice(0, -1)
    this.authority = host
    this.#keeper = keeper
    this.#clock = clock
    this.#idleMs = target.connections.idleMs
    this.#socket = dialler.dial()
    this.#socket
      .once(dialler.ready, () => this.#start(target.url, dialler.isSecure))
      .on('close', () => this.#closed())
      .on('error', (error) => {
        // Under HTTP/2 a refusal by TLS 1.3, which comes after its handshake, closes nothing by itself.
        this.#failed(error)
        this.destroy()
      })
    if (target.connectTimeoutMs > 0) {
      this.#cancelTimer = clock.after(target.connectTimeoutMs, () => this.#late())
    }
  }

  get streams(): number {
    return this.#calls.size
  }

  get hasRoom(): boolean {
    return this.isOpen && this.#h2?.closed === false && this.#calls.size < this.maxStreams
  }

  now(): number {
    return this.#clock.now()
  }

  /** Gives a call a stream, if it still wants one. Only with room. */
  open(call: H2Call): void {
    const h2 = this.#h2
    if (h2 === undefined) throw new Error('the session is not open')
    if (call.isOver) return
    const now = this.#clock.now()
    const isIdle = this.#calls.size === 0
    if (isIdle) this.#keepalive?.rested(now)
    call.session = this
    call.isFirst = isIdle && this.#hasCarried
    this.#hasCarried = true
    this.#calls.add(call)
    try {
      call.open(this, h2, now)
    } catch (cause: unknown) {
      this.#calls.delete(call)
      call.fail(broken(cause, 'nothing', false))
    }
    if (h2.closed || (call.id ?? 0) > LAST_STREAM_ID) this.close()
  }

  /** A call's stream is gone. */
  ended(call: H2Call): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#idleSince = this.#clock.now()
    this.#keeper.changed(this)
  }

  /** A call waits no longer. */
  forget(call: H2Call): void {
    const place = this.waiting.indexOf(call)
    if (place >= 0) this.waiting.splice(place, 1)
  }

  /** Whether the endpoint said that it never looked at this stream, nor ever will. */
  isBeyondLast(id: number | undefined): boolean {
    return id === undefined || id > this.#lastStream
  }

  /** Looks after streams that do not move, a silent connection and an idle one. */
  look(now: number, responseMs: number, idleMs: number): void {
    if (this.#keepalive === undefined) return
    for (const call of this.#calls) call.look(now, responseMs, idleMs)
    if (this.#calls.size > 0) this.#askIfSilent(now, this.#keepalive)
    else if (!this.isOpen && now - this.#idleSince >= LINGER_MS) this.destroy()
    else if (this.isOpen && this.#idleMs > 0 && now - this.#idleSince >= this.#idleMs) this.close()
  }

  /** Takes no new streams, and closes when there are none. */
  close(): void {
    this.#leave()
    if (this.#calls.size === 0) this.#idleSince = this.#clock.now()
    if (this.#h2 === undefined) this.#socket.destroy()
    else this.#h2.close()
  }

  destroy(): void {
    this.#leave()
    this.#h2?.destroy()
    // Node waits for what was written to go out, which a dead endpoint never takes.
    this.#socket.destroy()
  }

  #start(url: string, isSecure: boolean): void {
    const h2 = speakH2(url, this.#socket, isSecure)
    if (h2 === undefined) return
    this.#h2 = h2
    h2.on('error', (error) => this.#failed(error)).on('close', () => this.#closed())
    h2.on('remoteSettings', (settings) => this.#settings(settings))
    h2.on('goaway', (_code, last) => {
      this.#lastStream = last ?? this.#lastStream
      this.#leave()
    })
  }

  #settings(settings: Settings): void {
    this.maxStreams = Math.min(settings.maxConcurrentStreams ?? MOST_STREAMS, MOST_STREAMS)
    if (this.#keepalive !== undefined) {
      if (this.isOpen) this.#keeper.changed(this)
      return
    }
    this.#cancelTimer?.()
    const now = this.#clock.now()
    this.#keepalive = new Keepalive(now)
    this.#idleSince = now
    this.isOpen = true
    this.#keeper.opened(this)
  }

  #askIfSilent(now: number, keepalive: Keepalive): void {
    const verdict = keepalive.look(now, this.#socket.bytesRead)
    if (verdict === 'wait') return
    if (verdict === 'dead') {
      for (const call of this.#calls) call.late()
      this.destroy()
      return
    }
    this.#h2?.ping(() => keepalive.answered(this.#clock.now(), this.#socket.bytesRead))
  }

  #late(): void {
    this.#failWaiting(connectTimeout())
    this.destroy()
  }

  #failed(error: unknown): void {
    this.#error ??= error
  }

  #leave(): void {
    this.isOpen = false
    this.#keeper.left(this)
  }

  #closed(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.isLost = true
    this.#cancelTimer?.()
    this.#leave()
    this.#h2?.destroy()
    this.#socket.destroy()
    this.#keeper.gone(this)
    this.#failWaiting(unreachable(this.#error ?? new Error('closed before it spoke HTTP/2')))
  }

  #failWaiting(failure: TransportFailure): void {
    for (const call of this.waiting.splice(0)) call.fail(failure)
  }
}
