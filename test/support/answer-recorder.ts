import type {
  AnswerSink,
  Call,
  RawHeaders,
  TransportFailure,
} from '../../core/contracts/transport.ts'
import { waitFor } from './deadline.ts'

/** Keeps what a client tells of one answer, and fails when it tells more after the end. */
export class AnswerRecorder implements AnswerSink {
  status = 0
  headers: RawHeaders = []
  trailers: RawHeaders | undefined = undefined
  failure: TransportFailure | undefined = undefined
  readonly chunks: Buffer[] = []
  bytes = 0
  call: Call | undefined = undefined
  /** Asks for a pause with each piece that comes. */
  isSlow = false
  /** What came after the end. */
  late = 0

  get isOver(): boolean {
    return this.trailers !== undefined || this.failure !== undefined
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  head(status: number, _text: string, headers: RawHeaders): void {
    this.#count()
    this.status = status
    this.headers = headers
  }

  data(chunk: Buffer): boolean {
    this.#count()
    this.chunks.push(chunk)
    this.bytes += chunk.length
    return !this.isSlow
  }

  end(trailers: RawHeaders): void {
    this.#count()
    this.trailers = trailers
  }

  upgraded(): void {
    throw new Error('nothing upgrades here')
  }

  failed(failure: TransportFailure): void {
    this.#count()
    this.failure = failure
  }

  /** Waits for the end, whatever it is. */
  async over(): Promise<this> {
    await waitFor(() => this.isOver, 'the answer ends')
    return this
  }

  #count(): void {
    if (this.isOver) this.late++
  }
}
