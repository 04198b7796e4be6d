import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Brake } from '../brake.ts'
import { KeptBytes } from './kept-bytes.ts'

/** Sees a body go by, without a say in how fast. */
export interface BodyTap {
  took(chunk: Buffer): void
  /** All of it came. */
  whole(): void
}

/** Is told when all of a body is there. */
interface Upload {
  uploaded(): void
}

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
  readonly #upload: Upload
  readonly #taps: readonly BodyTap[] | undefined
  readonly #brake: Brake | undefined
  #kept: KeptBytes | undefined = undefined
  #keptBytes = 0
  #isDropped = false
  #reader: BodyReader | undefined = undefined

  /**
   * Keeps up to `keepBytes` for another attempt. Calls `onTooLarge` once more than `limitBytes`
   * have come; 0 is no limit.
   */
  constructor(
    req: IncomingMessage,
    keepBytes: number,
    limitBytes: number,
    onTooLarge: () => void,
    upload: Upload,
    taps?: readonly BodyTap[],
    brake?: Brake,
  ) {
    this.#req = req
    this.#upload = upload
    this.#taps = taps
    this.#brake = brake
    if (brake !== undefined) brake.goOn = () => this.#flow()
    this.#keepBytes = keepBytes
    this.#limitBytes = limitBytes
    this.#onTooLarge = onTooLarge
    req.pause()
    req.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  /** Whether `open` would give the whole body once more. */
  get isReplayable(): boolean {
    return !this.#isDropped && this.#keptBytes === this.bytes
  }

  /** A stream of the whole body, for one attempt. */
  open(): Readable {
    const reader = new BodyReader(this)
    this.#reader = reader
    this.#req.pause()
    if (this.#kept !== undefined) for (const piece of this.#kept.pieces) reader.push(piece)
    if (this.#req.readableEnded) reader.push(null)
    return reader
  }

  /** Nobody will ask for another stream: what still comes is read and dropped. */
  drop(): void {
    this.#isDropped = true
    this.#kept = undefined
    if (this.#reader === undefined) this.#flow()
  }

  /** A stream wants more. */
  pull(): void {
    if (this.#brake?.drained() !== false) this.#req.resume()
  }

  /** A stream is not read any more. */
  left(reader: BodyReader): void {
    if (this.#reader !== reader) return
    this.#reader = undefined
    // Whether there will be another attempt is not known yet: whoever answers says `drop`.
    this.#brake?.drained()
    if (this.#isDropped) this.#flow()
    else this.#req.pause()
  }

  readonly #onData = (piece: Buffer): void => {
    this.bytes += piece.length
    if (this.#taps !== undefined) for (const tap of this.#taps) tap.took(piece)
    if (this.#limitBytes > 0 && this.bytes > this.#limitBytes) {
      const isFirst = this.bytes - piece.length <= this.#limitBytes
      if (isFirst) this.#onTooLarge()
      return
    }
    this.#keep(piece)
    const isFull = this.#reader?.push(piece) === false
    const goesOn = this.#brake === undefined ? !isFull : this.#brake.passed(piece.length, isFull)
    if (!goesOn) this.#req.pause()
  }

  /** Reads on, if somebody reads or nobody ever will, and no plugin holds it back. */
  #flow(): void {
    if (this.#brake?.isHolding === true) return
    if (this.#reader !== undefined || this.#isDropped) this.#req.resume()
  }

  readonly #onEnd = (): void => {
    if (this.#taps !== undefined) for (const tap of this.#taps) tap.whole()
    this.#reader?.push(null)
    this.#upload.uploaded()
  }

  readonly #onClose = (): void => {
    // Without an error: as long as a connection is being made, nobody listens for one.
    if (!this.#req.complete) this.#reader?.destroy()
  }

  #keep(piece: Buffer): void {
    if (this.#keepBytes === 0 || this.#isDropped) return
    if (this.#keptBytes + piece.length > this.#keepBytes) {
      this.#kept = undefined
      return
    }
    this.#kept ??= new KeptBytes()
    this.#kept.add(piece)
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
