import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { OutgoingRequest } from '../contracts/transport.ts'
import { isChunked, requestHead } from './request-head.ts'

/** Hears how the sending of a body goes. */
export interface BodyEvents {
  /** Whether the kernel takes no more for now: from here to the next call the endpoint is slow. */
  onBlocked(isBlocked: boolean): void
  /** All of it is on its way. */
  onSent(): void
  /** The body broke off: its sender did not mean what was sent to be all. */
  onBroken(error: Error): void
}

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
  return isWhole ? undefined : new BodyWriter(socket, body, isChunked(request), events)
}

/** Sends one body over a connection, no faster than the endpoint takes it. */
export class BodyWriter {
  readonly #socket: Socket
  readonly #body: Readable
  readonly #isChunked: boolean
  readonly #events: BodyEvents
  #isOver = false

  constructor(socket: Socket, body: Readable, isChunked: boolean, events: BodyEvents) {
    this.#socket = socket
    this.#body = body
    this.#isChunked = isChunked
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
    socket.cork()
    if (this.#isChunked) socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    socket.write(piece)
    if (this.#isChunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    // What is corked counts as backlog until it is uncorked.
    if (socket.writableLength < socket.writableHighWaterMark) return
    this.#body.pause()
    this.#events.onBlocked(true)
  }

  readonly #onDrain = (): void => {
    this.#events.onBlocked(false)
    this.#body.resume()
  }

  readonly #onEnd = (): void => {
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
