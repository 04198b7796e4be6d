import type { Duplex } from 'node:stream'
import type {
  AnswerSink,
  Call,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
  RawHeaders,
  Transport,
  TransportFailure,
} from '#core'
import { type Failing, failingBy, type Probe, type Report, unwell } from './probe.ts'

/** So much of a body is read; what comes behind is not looked at. */
export const MOST_BYTES = 64 * 1_024

/** An answer as far as it was read. */
export interface Answered {
  readonly status: number
  readonly headers: RawHeaders
  /** Empty where no judge looks at it. */
  readonly body: Buffer
  readonly trailers: RawHeaders
}

/** What is asked, and what the answer means. */
export interface Question {
  readonly request: Omit<OutgoingRequest, 'fresh'>
  readonly readsBody: boolean
  judge(answer: Answered): Failing | undefined
}

/** Checks by a request; the connection is kept from one check to the next. */
export class RequestProbe implements Probe, AnswerSink {
  readonly #transport: Transport
  readonly #target: EndpointTarget
  readonly #question: Question
  readonly #kept: OutgoingRequest
  readonly #fresh: OutgoingRequest
  readonly #report: Report
  #client: EndpointClient | undefined = undefined
  #call: Call | undefined = undefined
  #isAgain = false
  #status = 0
  #headers: RawHeaders = []
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(transport: Transport, target: EndpointTarget, question: Question, report: Report) {
    this.#transport = transport
    this.#target = target
    this.#question = question
    this.#kept = { ...question.request, fresh: false }
    this.#fresh = { ...question.request, fresh: true }
    this.#report = report
  }

  start(): void {
    this.#isAgain = false
    this.#send(this.#kept)
  }

  giveUp(): Failing {
    const status = this.#status
    this.#call?.abort()
    this.#clear()
    // The connection may be a dead one, which HTTP/2 would keep.
    this.close()
    return unwell(status === 0 ? 'no answer in time' : `status ${status}, then no end in time`)
  }

  close(): void {
    this.#client?.destroy()
    this.#client = undefined
  }

  head(status: number, _text: string, headers: RawHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  data(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    if (this.#question.readsBody) this.#chunks.push(Buffer.from(chunk))
    this.#call?.recycle()
    if (this.#bytes < MOST_BYTES) return true
    this.#call?.abort()
    this.end([])
    return true
  }

  end(trailers: RawHeaders): void {
    const body = Buffer.concat(this.#chunks).subarray(0, MOST_BYTES)
    const answer = { status: this.#status, headers: this.#headers, body, trailers }
    this.#finish(this.#question.judge(answer))
  }

  upgraded(_text: string, _headers: RawHeaders, socket: Duplex): void {
    socket.destroy()
    this.#finish(unwell('switched protocols unasked'))
  }

  failed(failure: TransportFailure): void {
    // The endpoint was about to close that connection, which says nothing of how it is.
    if (failure.reused && !this.#isAgain) {
      this.#isAgain = true
      this.#send(this.#fresh)
    } else this.#finish(failingBy(failure))
  }

  #send(request: OutgoingRequest): void {
    this.#clear()
    this.#client ??= this.#transport.open(this.#target)
    this.#call = this.#client.send(request, this)
  }

  #finish(failing: Failing | undefined): void {
    this.#clear()
    this.#report(failing)
  }

  #clear(): void {
    this.#call = undefined
    this.#status = 0
    this.#headers = []
    this.#bytes = 0
    if (this.#chunks.length > 0) this.#chunks = []
  }
}
