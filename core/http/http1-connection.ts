import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { AnswerSink, OutgoingRequest, RawHeaders } from '../contracts/transport.ts'
import type { AnswerHeadFields } from './answer-fields.ts'
import { type AnswerEvents, AnswerParser } from './answer-parser.ts'
import { type BodyEvents, type BodyWriter, WrongLength, writeRequest } from './body-writer.ts'
import type { Expiring } from './deadlines.ts'
import { Delivery } from './delivery.ts'
import { TimedOut } from './failure.ts'
import { DRAIN_MS, isNearItsEnd, NOBODY } from './given-up.ts'
import type { Http1Client } from './http1-client.ts'
import { hearOut } from './last-words.ts'
import { ReadMemory } from './read-memory.ts'

/** One connection to an endpoint, one request at a time. */
export class Http1Connection implements AnswerEvents, BodyEvents, Expiring {
  deadlineAt = Number.POSITIVE_INFINITY
  place = -1
  /** When its last answer ended, by the monotonic clock, in ms. */
  idleSince = 0
  readonly #client: Http1Client
  readonly #socket: Socket
  readonly #parser = new AnswerParser(this)
  readonly #memory = new ReadMemory()
  readonly #delivery = new Delivery()
  #sink: AnswerSink | undefined = undefined
  #body: BodyWriter | undefined = undefined
  #isPaused = false
  /** Whether the end of the answer leaves the connection fit for another request. */
  #isKept = false
  #hasEnded = false
  #isTunnel = false
  #keepAliveMs = Number.POSITIVE_INFINITY

  constructor(client: Http1Client) {
    this.#client = client
    const { dialler } = client
    const socket = dialler.dial({ buffer: this.#memory.next, callback: (n, b) => this.#read(n, b) })
    this.#socket = socket
    hearOut(socket, this.#onRefused)
    socket.once(dialler.ready, this.#onReady)
    socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose)
    if (dialler.isSecure) socket.on('data', this.#onChunk)
  }

  /** Sends a request; the connection must be idle. */
  send(request: OutgoingRequest, sink: AnswerSink): void {
    this.#sink = sink
    this.#delivery.begin(request)
    this.#parser.expect(request.method, request.upgrade !== undefined)
    if (this.#delivery.isConnected) this.#write(request)
    else this.#client.deadlines.set(this, this.#client.target.connectTimeoutMs)
  }

  /** Gives up the request that `sink` belongs to; says nothing more to it. */
  abort(sink: AnswerSink): void {
    if (this.#sink !== sink) return
    if (!this.#isKept || !this.#delivery.isSent || !isNearItsEnd(this.#parser.left)) {
      this.destroy()
      return
    }
    this.#sink = NOBODY
    this.#client.deadlines.set(this, DRAIN_MS)
    this.#goOn()
  }

  /** Reads on for `sink`. */
  resume(sink: AnswerSink): void {
    if (this.#sink !== sink || !this.#isPaused) return
    this.#client.deadlines.set(this, this.#client.target.idleTimeoutMs)
    this.#goOn()
  }

  /** Nobody needs a piece any more that was handed over in this very call of `data`. */
  recycle(): void {
    this.#memory.used()
  }

  destroy(): void {
    this.#let()
    this.#client.discard(this)
    this.#socket.destroy()
  }

  expire(): void {
    if (this.#sink === undefined || this.#sink === NOBODY) this.destroy()
    else this.#fail(new TimedOut(this.#delivery.isConnected))
  }

  onHead({ status, text, headers, isKept, keepAliveMs }: AnswerHeadFields): void {
    this.#isKept = isKept
    this.#keepAliveMs = keepAliveMs
    this.#sink?.head(status, text, headers)
  }

  onData(piece: Buffer): void {
    this.#memory.lent()
    if (this.#sink?.data(piece) === false) this.#isPaused = true
  }

  onEnd(trailers: RawHeaders): void {
    const sink = this.#sink
    const isFit = this.#isKept && this.#parser.rest === 0 && !this.#hasEnded
    // An early answer: what node still holds of the upload would go out before the next request.
    const isSent = this.#delivery.isSent && this.#socket.writableLength === 0
    this.#let()
    if (isFit && isSent) {
      this.#delivery.served++
      this.#client.give(this, this.#keepAliveMs)
    } else {
      this.#client.discard(this)
      this.#socket.destroy()
    }
    sink?.end(trailers)
  }

  onUpgrade({ text, headers }: AnswerHeadFields): void {
    const sink = this.#sink
    const socket = this.#socket
    this.#let()
    this.#client.discard(this)
    this.#isTunnel = true
    socket.off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onClose)
    socket.off('data', this.#onChunk).pause()
    const early = this.#memory.behind(this.#parser.rest)
    if (early.length > 0) socket.unshift(early)
    sink?.upgraded(text, headers, socket)
  }

  onBlocked(isBlocked: boolean): void {
    if (this.#isPaused) return
    const { deadlines, target } = this.#client
    // Behind the head of its answer, bytes of either way keep the exchange alive.
    const isWaited = isBlocked || this.#parser.isAnswering
    deadlines.set(this, isWaited ? target.idleTimeoutMs : 0)
  }

  onSent(): void {
    this.#body = undefined
    this.#delivery.isSent = true
    const { deadlines, target } = this.#client
    if (!this.#parser.isAnswering) deadlines.set(this, target.responseTimeoutMs)
  }

  onBroken(error: Error): void {
    // Whoever breaks a body off knows.
    if (error instanceof WrongLength) this.#fail(error)
    else this.destroy()
  }

  #write(request: OutgoingRequest): void {
    this.#delivery.writes(request)
    this.#client.deadlines.set(this, 0)
    this.#body = writeRequest(this.#socket, request, this)
    if (this.#body === undefined) this.onSent()
  }

  /** Forgets the request: its sink hears nothing more, its body is not sent on. */
  #let(): void {
    this.#stopBody()
    this.#sink = undefined
    this.#delivery.request = undefined
    this.#isPaused = false
    this.#parser.stop()
  }

  // One that was never begun, since there is no connection, holds its sender back as well.
  #stopBody(): void {
    const body = this.#delivery.request?.body
    if (this.#body !== undefined) this.#body.stop()
    else if (body instanceof Readable) body.destroy()
    this.#body = undefined
  }

  #fail(error: Error): void {
    const sink = this.#sink
    const failure = this.#delivery.failure(error, this.#parser.hasBegun)
    this.destroy()
    sink?.failed(failure)
  }

  #goOn(): void {
    if (this.#isPaused) this.#socket.resume()
    this.#isPaused = false
  }

  readonly #onReady = (): void => {
    this.#delivery.isConnected = true
    const { request } = this.#delivery
    if (request !== undefined) this.#write(request)
  }

  // Bytes of a plain connection, in memory of ours.
  #read(bytes: number, buffer: Uint8Array): boolean {
    if (this.#isTunnel) return this.#memory.pushInto(this.#socket, buffer as Buffer, bytes)
    this.#execute(buffer as Buffer, bytes)
    return !this.#isPaused
  }

  // Bytes out of TLS, in memory of node's.
  readonly #onChunk = (chunk: Buffer): void => {
    this.#execute(chunk, chunk.length)
    if (this.#isPaused) this.#socket.pause()
  }

  #execute(buffer: Buffer, bytes: number): void {
    // What comes unasked would be taken for the answer to whatever is sent next.
    if (this.#sink === undefined) {
      this.destroy()
      return
    }
    const sink = this.#sink
    this.#memory.begin(buffer, bytes)
    try {
      this.#parser.execute(buffer, bytes)
    } catch (error: unknown) {
      this.#fail(error as Error)
    }
    this.#memory.end()
    // Another request may be on it by now, with a time of its own.
    if (this.#sink !== sink || sink === NOBODY || !this.#parser.isAnswering) return
    if (!this.#isPaused) this.#client.deadlines.set(this, this.#client.target.idleTimeoutMs)
    else this.deadlineAt = Number.POSITIVE_INFINITY
  }

  // Whoever refuses an upload may have said why: that is read first.
  readonly #onRefused = (error: Error): boolean => {
    if (this.#sink === undefined || !this.#delivery.refused(error)) return false
    this.#hasEnded = true
    this.#stopBody()
    if (!this.#parser.isAnswering) this.#client.deadlines.set(this, DRAIN_MS)
    return true
  }

  readonly #onError = (error: Error): void => this.#fail(error)

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (this.#sink !== undefined && this.#parser.finish()) return
    this.#fail(new Error('the endpoint ended the connection'))
  }

  readonly #onClose = (): void => this.#fail(new Error('the connection closed'))
}
