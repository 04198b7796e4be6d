import type { Duplex } from 'node:stream'
import type { Brake } from '../brake.ts'
import type { FrameTracker } from './web-socket-frames.ts'

/**
 * One direction of a tunnel. Bytes go on as they come; a side that does not take them holds back the
 * other, so that no more is held than both sockets buffer: twice 64 KiB, and one read.
 */
export class Lane {
  readonly #from: Duplex
  readonly #to: Duplex
  readonly #frames: FrameTracker | undefined
  /** Told of each chunk that the kernel has taken whole. */
  readonly #recycle: () => void
  readonly #brake: Brake | undefined
  /** Waits for the end of the frame under way. */
  #farewell: Buffer | undefined = undefined
  /** Whether the gateway has said a farewell of its own. */
  #isOver = false
  /** Bytes that came so far. */
  bytes = 0
  /** Whether the sending side has ended. */
  isEnded = false

  constructor(
    from: Duplex,
    to: Duplex,
    frames: FrameTracker | undefined,
    recycle: () => void,
    brake: Brake | undefined,
  ) {
    this.#from = from
    this.#to = to
    this.#frames = frames
    this.#recycle = recycle
    this.#brake = brake
    if (brake !== undefined) brake.goOn = () => from.resume()
  }

  /** Whether no more messages are to come here. */
  get isEnding(): boolean {
    return this.isEnded || this.#isOver || this.#frames?.hasClosed === true
  }

  start(): void {
    this.#from.on('data', (chunk: Buffer) => this.take(chunk))
    this.#to.on('drain', () => {
      if (this.#brake?.drained() !== false) this.#from.resume()
    })
    if (this.#brake?.isHolding !== true) this.#from.resume()
  }

  take(chunk: Buffer): void {
    this.bytes += chunk.length
    // Nobody may read on behind a close frame.
    if (this.#isOver) return
    if (this.#farewell !== undefined) this.#takeLast(chunk, this.#farewell)
    else {
      this.#frames?.pass(chunk)
      this.#write(chunk)
    }
  }

  /** The sending side has ended: what it sent goes out, then the end. */
  end(): void {
    this.isEnded = true
    this.#to.end()
  }

  /**
   * Says a close frame as soon as no other one is under way, and drops what comes behind it. False
   * where none can be said: no WebSocket, or closed already.
   */
  close(frame: Buffer): boolean {
    if (this.#frames === undefined || this.isEnding) return false
    if (this.#frames.isBetween) this.#say(frame)
    else this.#farewell = frame
    return true
  }

  #takeLast(chunk: Buffer, farewell: Buffer): void {
    const end = this.#frames?.passToEnd(chunk) ?? -1
    this.#write(end < 0 ? chunk : chunk.subarray(0, end))
    if (end >= 0) this.#say(farewell)
  }

  #say(frame: Buffer): void {
    this.#isOver = true
    this.#to.write(frame)
    // What is dropped from now on waits for nobody.
    this.#from.resume()
  }

  #write(chunk: Buffer): void {
    const isFull = !this.#to.write(chunk)
    const goesOn = this.#brake === undefined ? !isFull : this.#brake.passed(chunk.length, isFull)
    if (!goesOn) this.#from.pause()
    if (this.#to.writableLength === 0) this.#recycle()
  }
}
