import type { AnswerWatcher, RawHeaders } from '#core'
import type { Flight } from './flight.ts'
import { sharing } from './shareable.ts'

/** How much of all answers is kept, and may be. */
export interface Kept {
  bytes: number
  readonly maxBytes: number
}

/** What becomes of an answer, once. */
export interface Listener {
  /** It is whole. */
  recorded(recording: Recording): void
  /** It is a failure of the endpoint's. */
  failed(recording: Recording): void
  /** It is for the one who asked alone; `lasting` if the next one most likely is, too. */
  unshared(recording: Recording, lasting: boolean): void
}

/** One answer, kept whole while it goes to whoever asked for it. */
export class Recording implements AnswerWatcher {
  readonly flight: Flight
  status = 0
  headers: RawHeaders = []
  vary: readonly string[] = []
  body: Uint8Array = Buffer.alloc(0)
  readonly #maxBytes: number
  readonly #kept: Kept
  readonly #listener: Listener
  readonly #pieces: Buffer[] = []
  #bytes = 0

  constructor(flight: Flight, maxBytes: number, kept: Kept, listener: Listener) {
    this.flight = flight
    this.#maxBytes = maxBytes
    this.#kept = kept
    this.#listener = listener
  }

  head(status: number, headers: RawHeaders): boolean {
    if (status >= 500) {
      this.#listener.failed(this)
      return false
    }
    const { vary } = sharing(status, headers, this.#maxBytes)
    if (vary === undefined) {
      this.#listener.unshared(this, true)
      return false
    }
    this.status = status
    this.headers = headers
    this.vary = vary
    return true
  }

  data(chunk: Uint8Array): boolean {
    const isTooLong = this.#bytes + chunk.length > this.#maxBytes
    if (isTooLong || this.#kept.bytes + chunk.length > this.#kept.maxBytes) {
      this.drop()
      this.#listener.unshared(this, isTooLong)
      return false
    }
    this.#bytes += chunk.length
    this.#kept.bytes += chunk.length
    this.#pieces.push(Buffer.from(chunk))
    return true
  }

  end(): void {
    this.body = Buffer.concat(this.#pieces)
    this.drop()
    this.#listener.recorded(this)
  }

  /** Nobody needs what was kept any more. */
  drop(): void {
    this.#kept.bytes -= this.#bytes
    this.#bytes = 0
    this.#pieces.length = 0
  }
}
