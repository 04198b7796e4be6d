import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * The body of a request as the client of an endpoint reads it. A stream of its own, because that
 * client destroys the one it was given when the endpoint answers early, and destroying the
 * request would cut the connection that the answer is to go out on.
 */
export class RequestBody extends Readable {
  readonly #req: IncomingMessage
  /** Whether any byte was read: the request cannot be sent again then. */
  isRead = false
  /** Bytes that came. */
  received = 0

  constructor(req: IncomingMessage) {
    super()
    this.#req = req
    req.pause()
    req.on('data', this.#onData)
    req.on('end', this.#onEnd)
    req.on('close', this.#onClose)
  }

  override _read(): void {
    this.isRead = true
    this.#req.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#req.off('data', this.#onData)
    this.#req.off('end', this.#onEnd)
    this.#req.off('close', this.#onClose)
    // What still comes is read and dropped, within the listener's requestTimeout.
    this.#req.resume()
    done(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.received += chunk.length
    if (!this.push(chunk)) this.#req.pause()
  }

  readonly #onEnd = (): void => {
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#req.complete) this.destroy(new Error('the client broke off'))
  }
}
