import type { OutgoingRequest, TransportFailure } from '../contracts/transport.ts'
import { inNextTurn } from '../system/turn.ts'
import { classify, isRefusedWrite, TimedOut } from './failure.ts'
import { isIdempotent } from './idempotent.ts'

/** How far requests have come on one connection, and so what the loss of one means. */
export class Delivery {
  /** The one under way. */
  request: OutgoingRequest | undefined = undefined
  isConnected = false
  /** Whether all of the request is on its way. */
  isSent = false
  /** Requests that were answered in full. */
  served = 0
  /** Nothing that comes in this turn of the loop can be an answer to what was sent in it. */
  #isSameTurn = false
  #refusal: Error | undefined = undefined

  begin(request: OutgoingRequest): void {
    this.request = request
    this.isSent = false
  }

  /** The request is written now. */
  writes(request: OutgoingRequest): void {
    // Others may be sent twice, so nobody needs to know.
    if (this.served === 0 || !request.prompt || isIdempotent(request.method)) return
    this.#isSameTurn = true
    inNextTurn(this.#onTurn)
  }

  /**
   * The endpoint takes no more. True if that is an upload's end, and what it says of it may come:
   * the first such error is why the request is lost, if nothing comes.
   */
  refused(error: Error): boolean {
    const isUpload = this.request !== undefined && this.request.body !== null
    if (!isUpload || this.#isSameTurn) return false
    this.#refusal ??= error
    return true
  }

  /** What a loss says; `hasBegun` if any byte of an answer has come. */
  failure(error: Error, hasBegun: boolean): TransportFailure {
    const cause = this.#refusal ?? error
    const reused = !(cause instanceof TimedOut) && this.served > 0 && !hasBegun
    // A write of one piece that failed, or an end that was there before anything was sent.
    const isUnseen = isRefusedWrite(cause, this.request) || this.#isSameTurn
    const sent = !this.isConnected ? 'nothing' : this.isSent ? 'all' : 'part'
    const verdict = classify(cause, this.isConnected)
    return { ...verdict, sent: reused && isUnseen ? 'nothing' : sent, reused }
  }

  readonly #onTurn = (): void => {
    this.#isSameTurn = false
  }
}
