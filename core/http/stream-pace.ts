import { exchangeOf } from './exchange-carrier.ts'
import type { MinRate } from './slow-clients.ts'
import type { StreamResponse } from './stream-response.ts'

interface Pace {
  moved: number
  /** How long the stream may still stand still, in ms: each byte that moves adds its share. */
  slackMs: number
}

// A gateway that stood still itself does not blame its clients for it.
const LONGEST_STEP_MS = 2_000
// As long as requestTimeout allows a body by default. A stream can stand still so long on a slow
// line that carries the others, and no longer: behind a proxy those may be of other clients.
const LONGEST_TURN_MS = 300_000

/**
 * The pace of each stream of one HTTP/2 connection, looked at once a second: what `SlowClients` is
 * to connections. Not slow is who waits for us: whose body is held back, or whose answer has not
 * come yet. Nor is a stream that waits for its turn on a line that is fast enough for all of them.
 */
export class StreamPaces {
  readonly #paces = new Map<StreamResponse, Pace>()
  /** That of the whole connection, of which each stream under way asks its share. */
  readonly #line: Pace = { moved: 0, slackMs: 0 }
  #lookedAt = 0

  /**
   * Ends the streams that are too slow: 408 within a body, a reset within an answer. `lineBytes` is
   * what the connection has carried so far, both ways.
   */
  look(streams: Iterable<StreamResponse>, now: number, rate: MinRate, lineBytes: number): void {
    const elapsedMs = Math.min(now - this.#lookedAt, LONGEST_STEP_MS)
    this.#lookedAt = now
    if (rate.bytes === 0) return
    const isMoving = this.#isMoving(lineBytes, elapsedMs, rate)
    const leastSlackMs = isMoving ? -LONGEST_TURN_MS : 0
    for (const response of streams) this.#judge(response, elapsedMs, rate, leastSlackMs)
  }

  forget(response: StreamResponse): void {
    this.#paces.delete(response)
  }

  #isMoving(lineBytes: number, elapsedMs: number, rate: MinRate): boolean {
    const line = this.#line
    const isWatched = this.#paces.size > 0
    const gainedMs = gained(lineBytes - line.moved, rate.bytes * this.#paces.size)
    line.moved = lineBytes
    line.slackMs = isWatched
      ? Math.min(rate.grace, line.slackMs - elapsedMs + gainedMs)
      : rate.grace
    return line.slackMs > 0
  }

  #judge(response: StreamResponse, elapsedMs: number, rate: MinRate, leastSlackMs: number): void {
    const exchange = exchangeOf(response)
    if (exchange === undefined) return
    const { req, sent, outgoingBody } = exchange
    const left = response.stream.writableLength
    const isArriving = outgoingBody !== undefined && !req.complete && req.readableFlowing === true
    if (!isArriving && left === 0) {
      this.#paces.delete(response)
      return
    }
    const moved = (outgoingBody?.bytes ?? 0) + sent - left
    if (this.#slackMs(response, moved, elapsedMs, rate) > leastSlackMs) return
    this.#paces.delete(response)
    if (left > 0 || exchange.isAnswered) response.destroy()
    else exchange.breakOff('REQUEST_TIMEOUT')
  }

  #slackMs(response: StreamResponse, moved: number, elapsedMs: number, rate: MinRate): number {
    const pace = this.#paces.get(response)
    if (pace === undefined) {
      this.#paces.set(response, { moved, slackMs: rate.grace })
      return rate.grace
    }
    const gainedMs = gained(moved - pace.moved, rate.bytes)
    pace.moved = moved
    pace.slackMs = Math.min(rate.grace, pace.slackMs - elapsedMs + gainedMs)
    return pace.slackMs
  }
}

/** How much longer these bytes let a client stand still, in ms. */
function gained(bytes: number, bytesPerSecond: number): number {
  return (bytes * 1_000) / bytesPerSecond
}
