import type { Cancel, Clock, Logger } from '#core'
import type { Sink } from './sink.ts'

/** When a buffer writes, and how much it holds, in bytes of ASCII. */
export interface Limits {
  readonly flushAt: number
  readonly intervalMs: number
  /** Beyond this, what is written and what waits together, lines are dropped. */
  readonly most: number
}

// A pipe that is full may have room a moment later; a disk that fails needs more.
const PIPE_RETRY_MS = 20
const RETRY_MS = 1_000
// How long an end waits for a sink that does not come to one.
const PATIENCE_MS = 2_000

/**
 * Gathers lines and writes them in the background, one piece at a time and whole. A sink that
 * fails or hangs costs lines and never a request: they wait up to the limit, then they are dropped
 * and counted.
 */
export class LineBuffer {
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #log: Logger
  readonly #limits: Limits
  #waiting = ''
  /** The piece being written, or whose writing failed. */
  #piece: Buffer | undefined = undefined
  #isWriting = false
  #running: Promise<void> | undefined = undefined
  #timer: Cancel | undefined = undefined
  #dropped = 0
  #isFailing = false
  #isFailureTold = false
  #mustOpen = false
  #isClosed = false

  constructor(sink: Sink, clock: Clock, log: Logger, limits: Limits) {
    this.#sink = sink
    this.#clock = clock
    this.#log = log
    this.#limits = limits
  }

  write(line: string): void {
    const held = this.#waiting.length + (this.#piece?.length ?? 0)
    if (held + line.length > this.#limits.most) {
      this.#dropped++
      return
    }
    this.#waiting += line
    // What failed is tried again by its own timer.
    if (this.#isFailing) return
    if (this.#waiting.length >= this.#limits.flushAt || this.#isClosed) this.#run()
    else this.#timer ??= this.#clock.after(this.#limits.intervalMs, this.#run)
  }

  /** Writes what there is; gives up waiting when the sink fails or hangs. */
  async flush(): Promise<void> {
    let cancel: Cancel = () => undefined
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(PATIENCE_MS, resolve)
    })
    await Promise.race([this.#run(), late])
    cancel()
  }

  /** Writes what there is and closes the sink. Lines that come later open it for themselves. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
    this.#timer?.()
    this.#timer = undefined
    if (!this.#isWriting) await this.#sink.close()
    this.#tellDropped()
  }

  /** Goes on in a new file, where the old one was moved away. */
  reopen(): void {
    this.#sink.reopen()
    this.#mustOpen = true
    this.#run()
  }

  /** Writes what no write is under way for, within this turn. */
  flushNow(): void {
    const failed = this.#isWriting ? undefined : this.#piece
    try {
      if (failed !== undefined) this.#sink.appendNow(failed)
      if (this.#waiting !== '') this.#sink.appendNow(Buffer.from(this.#waiting))
    } catch {
      // The process ends, and where the error could be told may be what fails.
    }
    this.#waiting = ''
  }

  readonly #run = (): Promise<void> => {
    this.#timer?.()
    this.#timer = undefined
    this.#running ??= this.#writeAll().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #writeAll(): Promise<void> {
    while (this.#mustOpen || this.#piece !== undefined || this.#waiting !== '') {
      if (this.#mustOpen) await this.#open()
      const piece = this.#piece ?? Buffer.from(this.#waiting)
      if (this.#piece === undefined) this.#waiting = ''
      this.#piece = piece
      this.#isWriting = true
      const { bytes, error } = await this.#sink.append(piece)
      this.#isWriting = false
      this.#piece = bytes === piece.length ? undefined : piece.subarray(bytes)
      if (error !== undefined) {
        this.#failed(error)
        return
      }
      this.#succeeded()
    }
    if (this.#isClosed) await this.#sink.close()
  }

  // What is wrong with it is told by the append that follows.
  async #open(): Promise<void> {
    this.#mustOpen = false
    await this.#sink.open().catch(() => undefined)
  }

  #failed(error: Error & { code?: string }): void {
    const isFull = error.code === 'EAGAIN'
    this.#isFailing = true
    if (!this.#isFailureTold && !isFull) {
      this.#isFailureTold = true
      this.#log.error({ err: error }, 'the access log cannot be written; lines wait')
    }
    this.#timer ??= this.#clock.after(isFull ? PIPE_RETRY_MS : RETRY_MS, this.#run)
  }

  #succeeded(): void {
    if (this.#isFailureTold) this.#log.warn('the access log is written again')
    this.#tellDropped()
    this.#isFailing = false
    this.#isFailureTold = false
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    this.#log.warn({ dropped: this.#dropped }, 'lines of the access log were dropped')
    this.#dropped = 0
  }
}
