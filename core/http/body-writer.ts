import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { OutgoingRequest } from '../contracts/transport.ts'
import { declaredLength, requestHead } from './request-head.ts'

/** Hears how the sending of a body goes. */
export interface BodyEvents {
  /**
   * A piece was sent on. Whether the kernel takes no more for now: from here to the next call the
   * endpoint is slow.
   */
  onBlocked(isBlocked: boolean): void
  /** All of it is on its way. */
  onSent(): void
  /** The body broke off: its sender did not mean what was sent to be all. */
  onBroken(error: Error): void
}

/** A body has another length than its head says. */
export class WrongLength extends Error {}

/** Sends a request; gives what goes on to send its body, where that is a stream. */
export function writeRequest(
  socket: Socket,
  request: OutgoingRequest,
  events: BodyEvents,
): BodyWriter | undefined {
  const { body } = request
  const head = requestHead(request)
  if (body === null) {
    socket.write(head, 'latin1')
    return undefined
  }
  socket.cork()
  socket.write(head, 'latin1')
  const isWhole = body instanceof Uint8Array
  if (isWhole) socket.write(body)
  socket.uncork()
  return isWhole ? undefined : new BodyWriter(socket, body, declaredLength(request), events)
}

/** Sends one body over a connection, no faster than the endpoint takes it. */
export class BodyWriter {
  readonly #socket: Socket
  readonly #body: Readable
  readonly #isChunked: boolean
  readonly #events: BodyEvents
  /** Bytes that the head has promised and that are still to come. */
  #left: number
  #isOver = false

  /** `length` is what the head says, in bytes; -1 sends chunks. */
  constructor(socket: Socket, body: Readable, length: number, events: BodyEvents) {
    this.#socket = socket
    this.#body = body
    this.#isChunked = length < 0
    this.#left = Math.max(0, length)
    this.#events = events
    socket.on('drain', this.#onDrain)
    body.on('data', this.#onData).on('end', this.#onEnd)
    body.on('error', this.#onBroken).on('close', this.#onClose)
  }

  /** Sends no more of it. The body is given up: what nobody reads must not hold its sender back. */
  stop(): void {
    this.#detach()
    this.#body.destroy()
  }

  readonly #onData = (piece: Buffer): void => {
    const socket = this.#socket
    this.#left -= piece.length
    if (!this.#isChunked && this.#left < 0) {
      this.#onBroken(new WrongLength('the body is longer than its head says'))
      return
    }
    socket.cork()
    if (this.#isChunked) socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    socket.write(piece)
    if (this.#isChunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    // What is corked counts as backlog until it is uncorked.
    const isBlocked = socket.writableLength >= socket.writableHighWaterMark
    if (isBlocked) this.#body.pause()
    this.#events.onBlocked(isBlocked)
  }

  readonly #onDrain = (): void => {
    this.#events.onBlocked(false)
    this.#body.resume()
  }

  readonly #onEnd = (): void => {
    // Were a short body taken for a whole one, the next request would be read as the rest of it.
    if (!this.#isChunked && this.#left > 0) {
      this.#onBroken(new WrongLength('the body is shorter than its head says'))
      return
    }
    this.#detach()
    if (this.#isChunked) this.#socket.write('0\r\n\r\n', 'latin1')
    this.#events.onSent()
  }

  readonly #onBroken = (error: Error): void => {
    this.#detach()
    this.#events.onBroken(error)
  }

  readonly #onClose = (): void => {
    if (!this.#isOver) this.#onBroken(new Error('the body was closed'))
  }

  #detach(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.off('drain', this.#onDrain)
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#body.off('error', this.#onBroken).on('error', ignore)
  }
}

// A body that nobody sends any more may still report that its sender left.
function ignore(): void {}
