/** A connection that says nothing is asked after so long, at first. */
const FIRST_SILENCES_MS = [5_000, 10_000, 20_000]
/**
 * And then this often. gRPC servers count more than two PINGs within 5 minutes each, without an
 * answer of theirs between, as abuse and end the connection (grpc/proposal A8 and A9).
 */
const LATER_SILENCE_MS = 330_000
/** For the answer to a PING. */
const PATIENCE_MS = 5_000

/** What to do about a connection's silence. */
export type Verdict = 'wait' | 'ping' | 'dead'

/** Decides from what a connection received when to ask whether anybody is there. */
export class Keepalive {
  #bytes = 0
  /** When anything came last, or a PING went out. */
  #since: number
  /** PINGs since the endpoint said something of its own. */
  #pings = 0
  #isAsked = false

  constructor(now: number) {
    this.#since = now
  }

  /** `bytes` have come on the connection so far. */
  look(now: number, bytes: number): Verdict {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#since = now
      this.#pings = 0
      this.#isAsked = false
      return 'wait'
    }
    if (this.#isAsked) return now - this.#since < PATIENCE_MS ? 'wait' : 'dead'
    if (now - this.#since < (FIRST_SILENCES_MS[this.#pings] ?? LATER_SILENCE_MS)) return 'wait'
    this.#pings++
    this.#since = now
    this.#isAsked = true
    return 'ping'
  }

  /** The answer to a PING is no word of the endpoint's own: it counts as silence. */
  answered(now: number, bytes: number): void {
    this.#bytes = bytes
    this.#since = now
    this.#isAsked = false
  }

  /** Time without streams is no silence. */
  rested(now: number): void {
    this.#since = now
    this.#isAsked = false
  }
}
