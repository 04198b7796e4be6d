import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * The body of a request on its way to an endpoint. Each attempt reads a stream of its own, because
 * an endpoint's client destroys the one it was given when the endpoint answers early, and
 * destroying the request would cut the connection that the answer is to go out on.
 */
export class RequestBody {
  /** Bytes of the body that have come. */
  bytes = 0
  readonly #req: IncomingMessage
  readonly #keepBytes: number
  readonly #limitBytes: number
  readonly #onTooLarge: () => void
  #kept: Buffer[] = []
  #keptBytes = 0
  #isDropped = false
  #reader: BodyReader | undefined = undefined

  /**
   * Keeps up to `keepBytes` for another attempt. Calls `onTooLarge` once more than `limitBytes`
   * have come; 0 is no limit.
   */
  constructor(req: IncomingMessage, keepBytes: number, limitBytes: number, onTooLarge: () => void) {
    this.#req = req
    this.#keepBytes = keepBytes
    this.#limitBytes = limitBytes
    this.#onTooLarge = onTooLarge
    req.pause()
    req.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  /** Whether `open` would give the whole body once more. */
  get isReplayable(): boolean {
    return this.#keptBytes === this.bytes
  }

  /** A stream of the whole body, for one attempt. */
  open(): Readable {
    const reader = new BodyReader(this)
    this.#reader = reader
    this.#isDropped = false
    this.#req.pause()
    for (const piece of this.#kept) reader.push(piece)
    if (this.#req.readableEnded) reader.push(null)
    return reader
  }

  /** Nobody will ask for another stream: what still comes is read and dropped. */
  drop(): void {
    this.#isDropped = true
    this.#kept = []
    if (this.#reader === undefined) this.#req.resume()
  }

  /** A stream wants more. */
  pull(): void {
    this.#req.resume()
  }

  /** A stream is not read any more. */
  left(reader: BodyReader): void {
    if (this.#reader !== reader) return
    this.#reader = undefined
    if (this.#isDropped || this.#keepBytes === 0 || !this.isReplayable) this.drop()
    else this.#req.pause()
  }

  readonly #onData = (piece: Buffer): void => {
    this.bytes += piece.length
    if (this.#limitBytes > 0 && this.bytes > this.#limitBytes) {
      const isFirst = this.bytes - piece.length <= this.#limitBytes
      if (isFirst) this.#onTooLarge()
      return
    }
    this.#keep(piece)
    if (this.#reader?.push(piece) === false) this.#req.pause()
  }

  readonly #onEnd = (): void => {
    this.#reader?.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#req.complete) this.#reader?.destroy(new Error('the client broke off'))
  }

  #keep(piece: Buffer): void {
    if (this.#keepBytes === 0 || this.#isDropped) return
    if (this.#keptBytes + piece.length > this.#keepBytes) {
      this.#kept = []
      return
    }
    this.#kept.push(piece)
    this.#keptBytes += piece.length
  }
}

class BodyReader extends Readable {
  readonly #body: RequestBody

  constructor(body: RequestBody) {
    super()
    this.#body = body
  }

  override _read(): void {
    this.#body.pull()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body.left(this)
    done(error)
  }
}
