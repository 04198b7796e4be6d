import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { Call } from '../contracts/transport.ts'

/** The body of a request on its way into a stream, at the pace at which the endpoint takes it. */
export class H2Body {
  readonly #body: Readable
  readonly #stream: ClientHttp2Stream
  readonly #call: Call
  #hasEnded = false
  #hasMoved = false
  #movedAt = 0

  constructor(body: Readable, stream: ClientHttp2Stream, call: Call) {
    this.#body = body
    this.#stream = stream
    this.#call = call
    stream.on('drain', this.#onDrain).on('finish', this.#onFinish)
    body.on('end', this.#onEnd).on('error', this.#onBroken).on('close', this.#onBroken)
    body.on('data', this.#onData)
  }

  /** When the endpoint last took some of it, as of the looks at it so far. */
  movedAt(now: number): number {
    if (this.#hasMoved) this.#movedAt = now
    this.#hasMoved = false
    return this.#movedAt
  }

  /** Sends no more. A body that was begun is of no use any more. */
  stop(): void {
    const body = this.#body
    body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onBroken)
    this.#stream.off('drain', this.#onDrain)
    if (!this.#hasEnded) body.destroy()
    this.#hasEnded = true
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#stream.writableLength === 0) this.#hasMoved = true
    if (!this.#stream.write(chunk)) this.#body.pause()
  }

  readonly #onDrain = (): void => {
    this.#hasMoved = true
    this.#body.resume()
  }

  readonly #onFinish = (): void => {
    this.#hasMoved = true
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    this.#stream.end()
  }

  // Half a request must not look like a whole one, and is nothing to blame the endpoint for.
  readonly #onBroken = (): void => {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#call.abort()
  }
}
